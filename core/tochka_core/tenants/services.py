"""Making, listing and changing tenants."""

from collections.abc import Sequence
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, PageQuery, PermissionDenied, Person, Principal

from tochka_core.audit.services import record
from tochka_core.domains.holding import vouch
from tochka_core.settings import TenantCreation
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.life_cycle import rename_tenant, resume_tenant, suspend_tenant
from tochka_core.tenants.models import Membership, Tenant
from tochka_core.tenants.names import check_tenant_name
from tochka_core.tenants.schemas import TenantIn, TenantPatch
from tochka_core.tenants.standing import Standing

ORDERABLE = frozenset({"name", "title", "created_at"})
SEARCHABLE = frozenset({"name", "title", "domain"})


class TenantRepository(SQLAlchemyAsyncRepository[Tenant]):
    """All tenants of the platform."""

    model_type = Tenant


def check_creator(person: Person, wanted: TenantIn, *, rule: TenantCreation) -> None:
    """Let *person* create the tenant *wanted*, if the operator's *rule* allows it.

    Raises:
        PermissionDenied: only a `platform_master` may, or may say what *wanted* says.
    """
    if person.role == "platform_master":
        return
    if rule == "platform":
        raise PermissionDenied("Only a platform_master may create a tenant.")
    if wanted.domain is not None or wanted.owner_phone is not None:
        raise PermissionDenied("Only a platform_master may set a domain or another owner.")


async def create_tenant(
    session: AsyncSession,
    wanted: TenantIn,
    *,
    hooks: TenantHooks,
    actor: UUID | None = None,
    owner_id: UUID | None = None,
) -> Tenant:
    """Make a tenant, with *owner_id* as its owner where given; *actor* is who makes it.

    Raises:
        InvalidInput: the name or the domain breaks a rule.
        Conflict: the name or the domain is taken.
        TochkaError: a module refuses, or has failed.
    """
    tenant = Tenant(name=check_tenant_name(wanted.name), title=wanted.title or wanted.name)
    session.add(tenant)
    await _flush(session)
    if owner_id is not None:
        session.add(Membership(tenant_id=tenant.id, user_id=owner_id, role="owner"))
        await session.flush()
    record(
        session, "tenant.created", actor=actor, tenant=tenant.id, name=tenant.name, owner=owner_id
    )
    if wanted.domain:
        await vouch(session, tenant, wanted.domain, actor=actor)
    await hooks.created(session, tenant)
    await session.refresh(tenant)
    return tenant


async def change_tenant(
    session: AsyncSession, standing: Standing, patch: TenantPatch, *, hooks: TenantHooks
) -> Tenant:
    """Change what *patch* names.

    Raises:
        InvalidInput: the name or the domain breaks a rule.
        Conflict: the name or the domain is taken.
        TochkaError: a module refuses, or has failed.
    """
    tenant, actor = standing.tenant, standing.principal.user_id
    if patch.name is not UNSET:
        await rename_tenant(session, tenant, patch.name, actor=actor)
    if patch.title is not UNSET:
        tenant.title = patch.title
        standing.record(session, "tenant.retitled", title=tenant.title)
    if patch.domain is not UNSET:
        await vouch(session, tenant, patch.domain, actor=actor)
    if patch.suspension_reason is not UNSET:
        if patch.suspension_reason:
            reason = patch.suspension_reason
            await suspend_tenant(session, tenant, reason, hooks=hooks, actor=actor)
        else:
            await resume_tenant(session, tenant, hooks=hooks, actor=actor)
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


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("A tenant with this name exists already.") from error
