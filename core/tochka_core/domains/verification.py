"""Looking at proofs: of one domain for its tenant, and of all domains again.

No transaction is open while name servers and web sites are asked.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from sqlalchemy import select
from tochka_plugins import Conflict, NotFound, Principal

from tochka_core.db import Database
from tochka_core.domains.claims import IS_PROVEN, HeldClaim, get_claim
from tochka_core.domains.holding import settle
from tochka_core.domains.models import Domain, DomainClaim, Status
from tochka_core.domains.proofs import FILE_PATH, RECORD_PREFIX, ProofFinder
from tochka_core.tenants.models import Tenant
from tochka_core.tenants.permissions import MANAGE_DOMAINS
from tochka_core.tenants.standing import lock_tenant_to
from tochka_core.throttling.allowances import Allowance
from tochka_core.throttling.services import TryCounter

AT_ONCE: Final = 50
"""How many domains are looked at together when all are."""

VERIFICATIONS: Final = Allowance.rate("domains.tenant", burst=30, each_seconds=60)
"""How often a tenant may have others' name servers and web sites asked."""


class Rechecked(msgspec.Struct, frozen=True):
    """What looking at a domain again has shown."""

    domain: str
    tenant: str
    status: Status
    """Whether the domain chooses its tenant from now on."""
    was: Status
    is_known: bool
    """Somebody answered where the proof should be; else nothing has changed."""


async def verify(
    database: Database,
    proofs: ProofFinder,
    principal: Principal,
    tenant_name: str,
    domain: str,
    *,
    counter: TryCounter,
) -> HeldClaim:
    """Look at the proof of a domain now, and return what has become of the claim.

    Where the platform vouches for the domain there is nothing to look at.

    Raises:
        NotFound: there is no such tenant or claim, or the caller may not know of it.
        PermissionDenied: the caller may not manage domains, or the tenant is suspended or deleted.
        Conflict: there is no proof, which lets a proven domain lapse; or there is, but another
            tenant holds the domain.
        TooManyRequests: the tenant has had proofs looked at too often.
    """
    async with database.platform_scope(reason="verify a domain") as session:
        standing = await lock_tenant_to(session, principal, tenant_name, MANAGE_DOMAINS)
        claim, held = await get_claim(session, standing.tenant, domain)
    if held is not None and held.method == "platform":
        return claim, held
    await counter.take((VERIFICATIONS, str(claim.tenant_id)))
    proof = await proofs.find(claim.domain, claim.proof)
    async with database.platform_scope(reason="verify a domain") as session:
        # Once more: it may have changed during the look-up.
        await lock_tenant_to(session, principal, tenant_name, MANAGE_DOMAINS)
        claim, held = await settle(session, claim, proof, actor=principal.user_id)
    is_vouched_for = held is not None and held.method == "platform"
    if proof.method is None and not is_vouched_for:
        # Only now: an error inside would roll back that the domain has lapsed.
        raise Conflict(
            f"There is no proof: neither is the value in a TXT record at {RECORD_PREFIX}.{domain},"
            f" nor is it what https://{domain}{FILE_PATH} holds. New records may take an hour to"
            " be seen.",
            dns=proof.dns.value,
            file=proof.file.value,
        )
    return claim, held


async def recheck(database: Database, proofs: ProofFinder) -> AsyncIterator[Rechecked]:
    """Look at all proofs again, and yield what each has shown, in the order of domains.

    A domain lapses when its proof is certainly gone, and is back when it is there again. Where
    nobody answers, it stays what it was.
    """
    async with database.platform_scope(reason="recheck domains") as session:
        rows = await session.execute(
            select(DomainClaim, Domain, Tenant.name)
            .join(Domain, IS_PROVEN)
            .join(Tenant, Tenant.id == DomainClaim.tenant_id)
            .where(Domain.method != "platform")
            .order_by(Domain.domain)
        )
        known = [(row[0], row[1], row[2]) for row in rows]
    for start in range(0, len(known), AT_ONCE):
        batch = known[start : start + AT_ONCE]
        found = await asyncio.gather(
            *(proofs.find(claim.domain, claim.proof) for claim, _, _ in batch)
        )
        for (claim, held, tenant), proof in zip(batch, found, strict=True):
            try:
                async with database.platform_scope(reason="recheck a domain") as session:
                    _, now = await settle(session, claim, proof, actor=None)
            except NotFound:
                continue  # It was released during the look-up.
            if now is not None:
                is_known = proof.method is not None or proof.is_gone(held.method)
                yield Rechecked(claim.domain, tenant, now.status, held.status, is_known)
