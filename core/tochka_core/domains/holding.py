"""Who holds a domain: the first tenant that proves it, until it releases it.

What a holder's proof has become decides whether the domain chooses its tenant, and never who holds
it. A domain whose proof is gone has perhaps been sold; its next owner asks the platform to release
it. Otherwise whoever gets hold of a forgotten DNS record would get the tenant's visitors too.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict

from tochka_core.audit.services import record
from tochka_core.domains.claims import HeldClaim, get_claim, new_token, no_such_claim
from tochka_core.domains.models import Domain, DomainClaim, Method
from tochka_core.domains.names import normalize_domain
from tochka_core.domains.proofs import Proof
from tochka_core.tenants.models import Tenant


async def settle(
    session: AsyncSession, claimed: DomainClaim, proof: Proof, *, actor: UUID | None
) -> HeldClaim:
    """Let a claim become what *proof* makes of it: proven, lapsed, or what it was.

    *claimed* was read in an earlier transaction, before the look-up. What the platform vouches for
    needs no proof.

    Raises:
        NotFound: it has been released meanwhile.
        Conflict: it is proven, but another tenant holds the domain.
    """
    place = (claimed.tenant_id, claimed.domain)
    claim = await session.get(DomainClaim, place, with_for_update=True)
    if claim is None or claim.token != claimed.token:
        raise no_such_claim()
    held = await session.get(Domain, claim.domain, with_for_update=True)
    if held is not None and held.holder_id != claim.tenant_id:
        held = None
    if held is not None and held.method == "platform":
        return claim, held
    if proof.method is not None:
        held = await _prove(session, claim, held, proof.method, actor=actor)
    elif held is not None and proof.is_gone(held.method):
        held.checked_at = datetime.now(UTC)
        if held.lapsed_at is None:
            held.lapsed_at = held.checked_at
            record(
                session, "domain.lapsed", actor=actor, tenant=claim.tenant_id, domain=claim.domain
            )
    await session.flush()
    return claim, held


async def _prove(
    session: AsyncSession,
    claim: DomainClaim,
    held: Domain | None,
    method: Method,
    *,
    actor: UUID | None,
) -> Domain:
    now = datetime.now(UTC)
    is_news = held is None or held.lapsed_at is not None
    if held is None:
        held = await _take(session, claim, method)
    elif held.lapsed_at is not None:
        held.verified_at = now
    held.method, held.checked_at, held.lapsed_at = method, now, None
    if is_news:
        about = {"domain": claim.domain, "method": method}
        record(session, "domain.verified", actor=actor, tenant=claim.tenant_id, **about)
    return held


async def _take(session: AsyncSession, claim: DomainClaim, method: Method) -> Domain:
    """Make the tenant of *claim* the holder; of two that try at once one is.

    Raises:
        Conflict: another tenant holds the domain, also where its proof has lapsed.
    """
    place = {"domain": claim.domain, "holder_id": claim.tenant_id, "method": method}
    taken: Domain | None = await session.scalar(
        insert(Domain).values(place).on_conflict_do_nothing().returning(Domain)
    )
    if taken is None:
        raise Conflict(
            "This domain belongs to another tenant, which has not released it. If it is yours now,"
            " ask the platform to release it."
        )
    return taken


async def vouch(
    session: AsyncSession, tenant: Tenant, wanted: str | None, *, actor: UUID | None
) -> None:
    """Make *wanted* the one domain that the platform vouches for, without a proof; or none.

    Raises:
        InvalidInput: *wanted* is no domain name, or one that passes for another.
        Conflict: another tenant holds it.
    """
    domain = normalize_domain(wanted) if wanted else None
    vouched_for = (Domain.holder_id == tenant.id) & (Domain.method == "platform")
    former = await session.scalar(select(Domain.domain).where(vouched_for))
    if former is not None and former != domain:
        own = (DomainClaim.tenant_id == tenant.id) & (DomainClaim.domain == former)
        await session.execute(delete(DomainClaim).where(own))
        record(session, "domain.released", actor=actor, tenant=tenant.id, domain=former)
    if domain is None or domain == former:
        return
    claim = {"tenant_id": tenant.id, "domain": domain, "token": new_token()}
    await session.execute(insert(DomainClaim).values(claim).on_conflict_do_nothing())
    made, held = await get_claim(session, tenant, domain)
    held = held or await _take(session, made, "platform")
    held.method, held.lapsed_at = "platform", None
    record(session, "domain.vouched_for", actor=actor, tenant=tenant.id, domain=domain)
    await session.flush()
