"""Making, finding and changing tenants."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, NotFound, PageQuery, PermissionDenied, Principal
from tochka_plugins.context import TenantRole

from tochka_core.tenants.models import Membership, Tenant
from tochka_core.tenants.names import check_tenant_name, normalize_domain
from tochka_core.tenants.schemas import TenantIn, TenantPatch

_log = structlog.get_logger(__name__)

ORDERABLE = frozenset({"name", "title", "created_at"})
SEARCHABLE = frozenset({"name", "title", "domain"})
MANAGERS: frozenset[TenantRole] = frozenset({"owner", "admin"})


class TenantRepository(SQLAlchemyAsyncRepository[Tenant]):
    """All tenants of the platform."""

    model_type = Tenant


def no_such_tenant() -> NotFound:
    """Return the one answer for a tenant that does not exist and one the caller may not see."""
    return NotFound("There is no such tenant, or you are not a member of it.")


def refuse_suspended(is_suspended: bool, reason: str | None) -> None:  # noqa: FBT001 - reads as a sentence
    """Let members through only while the tenant is active.

    Raises:
        PermissionDenied: it is suspended; the members are told why.
    """
    if is_suspended:
        raise PermissionDenied(f"The tenant is suspended: {reason or 'no reason is given'}")


def require_platform_master(principal: Principal) -> None:
    """Let only the platform's own people through.

    Raises:
        PermissionDenied: the caller is not a `platform_master`.
    """
    if principal.role != "platform_master":
        raise PermissionDenied("Only a platform_master may do this.")


async def create_tenant(
    session: AsyncSession, wanted: TenantIn, *, owner_id: UUID | None = None
) -> Tenant:
    """Make a tenant, with *owner_id* as its owner where given.

    Raises:
        InvalidInput: the name or the domain breaks a rule.
        Conflict: the name or the domain is taken.
    """
    tenant = Tenant(
        name=check_tenant_name(wanted.name),
        title=wanted.title or wanted.name,
        domain=normalize_domain(wanted.domain) if wanted.domain else None,
    )
    session.add(tenant)
    await _flush(session)
    if owner_id is not None:
        session.add(Membership(tenant_id=tenant.id, user_id=owner_id, role="owner"))
        await session.flush()
    _log.info("tenant created", tenant=tenant.name)
    return tenant


async def change_tenant(session: AsyncSession, tenant: Tenant, patch: TenantPatch) -> Tenant:
    """Change what *patch* names.

    Raises:
        InvalidInput: the domain breaks a rule.
        Conflict: the domain is taken.
    """
    if patch.title is not UNSET:
        tenant.title = patch.title
    if patch.domain is not UNSET:
        tenant.domain = normalize_domain(patch.domain) if patch.domain else None
    if patch.suspension_reason is not UNSET:
        tenant.suspension_reason = patch.suspension_reason
        tenant.suspended_at = datetime.now(UTC) if patch.suspension_reason else None
        _log.info(
            "tenant suspended" if patch.suspension_reason else "tenant resumed", tenant=tenant.name
        )
    await _flush(session)
    await session.refresh(tenant)
    return tenant


async def list_tenants(
    session: AsyncSession, principal: Principal, query: PageQuery
) -> tuple[Sequence[Tenant], int]:
    """Return one page of the tenants that *principal* may see, and how many there are.

    A `platform_master` sees all, anyone else those they are a member of.
    """
    visible = []
    if principal.role != "platform_master":
        own = select(Membership.tenant_id).where(Membership.user_id == principal.user_id)
        visible.append(Tenant.id.in_(own))
    return await TenantRepository(session=session).get_many_and_count(
        *query.filters(orderable=ORDERABLE, searchable=SEARCHABLE),
        *visible,
        count_with_window_function=False,
    )


async def get_visible_tenant(session: AsyncSession, principal: Principal, name: str) -> Tenant:
    """Return the tenant called *name*, if *principal* is a member or a `platform_master`.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    tenant = await session.scalar(select(Tenant).where(Tenant.name == name))
    if tenant is None:
        raise no_such_tenant()
    if principal.role != "platform_master":
        await _get_role(session, principal, tenant)
    return tenant


async def get_managed_tenant(session: AsyncSession, principal: Principal, name: str) -> Tenant:
    """Return the tenant called *name*, if *principal* may manage it; its row is locked.

    Raises:
        NotFound: there is none, or the caller may not know of it.
        PermissionDenied: the caller is a member, but neither owner nor admin, or it is suspended.
    """
    tenant = await get_visible_tenant(session, principal, name)
    if principal.role != "platform_master":
        role = await _get_role(session, principal, tenant)
        if role not in MANAGERS:
            raise PermissionDenied("Only an owner or admin of the tenant may do this.")
        refuse_suspended(tenant.suspended_at is not None, tenant.suspension_reason)
    # Only now: a stranger must not be able to make the tenant's own people wait.
    await session.refresh(tenant, with_for_update=True)
    return tenant


async def _get_role(session: AsyncSession, principal: Principal, tenant: Tenant) -> TenantRole:
    membership = await session.get(Membership, (tenant.id, principal.user_id))
    if membership is None:
        raise no_such_tenant()
    return membership.role


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        field = "domain" if "domain" in str(error.orig) else "name"
        raise Conflict(f"A tenant with this {field} exists already.") from error
