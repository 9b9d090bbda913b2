"""Claiming domains for a tenant, and giving them up."""

import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, InvalidInput, NotFound, PageQuery

from tochka_core.domains.models import Domain, DomainClaim
from tochka_core.domains.names import normalize_domain
from tochka_core.tenants.models import Tenant
from tochka_core.tenants.standing import Standing

MAX_PENDING: Final = 20
"""How many domains a tenant may claim without having proven them."""

IS_PROVEN: Final = (Domain.holder_id == DomainClaim.tenant_id) & (
    Domain.domain == DomainClaim.domain
)
"""Joins a claim with the domain that its tenant holds through it."""

HeldClaim = tuple[DomainClaim, Domain | None]
"""A claim, and what has come of it: `None` until it is proven."""


def new_token() -> str:
    """Return what nobody can guess and only its tenant is told."""
    return secrets.token_urlsafe(32)


async def check_claims(session: AsyncSession, tenant_id: UUID) -> None:
    """Hold the claims that an import has brought in to the rule for those that are made here.

    Raises:
        InvalidInput: one is for no domain name, for one that passes for another, or written
            otherwise than a browser sends it.
    """
    own = select(DomainClaim.domain).where(DomainClaim.tenant_id == tenant_id)
    for domain in await session.scalars(own):
        if normalize_domain(domain) != domain:
            raise InvalidInput("This domain is not written as it is kept.", pointer="/domain")


async def renew_tokens(session: AsyncSession, tenant_id: UUID) -> None:
    """Have all claims of a tenant proven anew, as what their tokens were may be known to others."""
    fresh = func.replace(
        cast(func.gen_random_uuid(), Text) + cast(func.gen_random_uuid(), Text), "-", ""
    )
    await session.execute(
        update(DomainClaim).where(DomainClaim.tenant_id == tenant_id).values(token=fresh)
    )


async def claim(session: AsyncSession, standing: Standing, wanted: str) -> DomainClaim:
    """Note that the tenant wants a domain, and with what it is to prove it.

    Who else claims or holds the domain is told to those only who have proven it.

    Raises:
        InvalidInput: *wanted* is no domain name, or one that passes for another.
        Conflict: the tenant has claimed it already, or too many that it does not prove.
    """
    domain, tenant = normalize_domain(wanted), standing.tenant
    if await session.get(DomainClaim, (tenant.id, domain)) is not None:
        raise Conflict("The tenant has claimed this domain already.")
    pending = (
        select(func.count())
        .select_from(DomainClaim)
        .outerjoin(Domain, IS_PROVEN)
        .where(DomainClaim.tenant_id == tenant.id, Domain.domain.is_(None))
    )
    if (await session.scalar(pending) or 0) >= MAX_PENDING:
        raise Conflict(f"The tenant has {MAX_PENDING} unproven domains; prove or release some.")
    made = DomainClaim(tenant_id=tenant.id, domain=domain, token=new_token())
    session.add(made)
    standing.record(session, "domain.claimed", domain=domain)
    await session.flush()
    return made


async def list_claims(
    session: AsyncSession, tenant: Tenant, query: PageQuery
) -> tuple[Sequence[HeldClaim], int]:
    """Return one page of a tenant's domains by their names, and how many there are."""
    own = DomainClaim.tenant_id == tenant.id
    total = await session.scalar(select(func.count()).select_from(DomainClaim).where(own))
    rows = await session.execute(
        select(DomainClaim, Domain)
        .outerjoin(Domain, IS_PROVEN)
        .where(own)
        .order_by(DomainClaim.domain)
        .limit(query.limit)
        .offset(query.offset)
    )
    return [(row[0], row[1]) for row in rows], total or 0


async def get_claim(session: AsyncSession, tenant: Tenant, domain: str) -> HeldClaim:
    """Return what the tenant claims under *domain*, written as lists show it.

    Raises:
        NotFound: it has not claimed it.
    """
    row = (
        await session.execute(
            select(DomainClaim, Domain)
            .outerjoin(Domain, IS_PROVEN)
            .where(DomainClaim.tenant_id == tenant.id, DomainClaim.domain == domain)
        )
    ).one_or_none()
    if row is None:
        raise no_such_claim()
    return row[0], row[1]


async def release(session: AsyncSession, standing: Standing, domain: str) -> None:
    """Give a domain up: from now on anyone may have it who proves it.

    Raises:
        NotFound: the tenant has not claimed it.
    """
    made, _ = await get_claim(session, standing.tenant, domain)
    await session.delete(made)
    standing.record(session, "domain.released", domain=domain)
    await session.flush()


def no_such_claim() -> NotFound:
    """Return the answer for a domain that the tenant has not claimed."""
    return NotFound("The tenant has not claimed this domain.")
