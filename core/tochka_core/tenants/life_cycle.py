"""What becomes of a tenant: renamed, suspended, resumed, deleted, restored."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, NotFound
from tochka_plugins.core_events import TenantResumed, TenantSuspended

from tochka_core.audit.services import record
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.models import Tenant
from tochka_core.tenants.names import NAME_RULE, check_tenant_name


async def list_all_tenants(session: AsyncSession) -> Sequence[Tenant]:
    """Return all tenants, in any state, by name."""
    return (await session.scalars(select(Tenant).order_by(Tenant.name))).all()


async def get_named(session: AsyncSession, name: str) -> Tenant:
    """Return the tenant called *name*, in any state; for the operator, who may know of all.

    Raises:
        NotFound: there is none.
    """
    return _existing(await session.scalar(_named(name)), name)


async def lock_named(session: AsyncSession, name: str) -> Tenant:
    """Return the tenant called *name*, as `get_named`; until the end it stays so.

    Raises:
        NotFound: there is none.
    """
    return _existing(await session.scalar(_named(name).with_for_update()), name)


async def rename_tenant(
    session: AsyncSession, tenant: Tenant, name: str, *, actor: UUID | None
) -> None:
    """Let *tenant* be called *name* from now on; the old name is free.

    Raises:
        InvalidInput: the name breaks a rule.
        Conflict: the name is taken, also by a tenant that is deleted.
    """
    before = tenant.name
    if name == before:
        return
    tenant.name = check_tenant_name(name)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("A tenant with this name exists already.") from error
    record(session, "tenant.renamed", actor=actor, tenant=tenant.id, before=before, name=name)


async def suspend_tenant(
    session: AsyncSession, tenant: Tenant, reason: str, *, hooks: TenantHooks, actor: UUID | None
) -> None:
    """Close *tenant* to its members, who are told *reason*; again changes the reason.

    Raises:
        TochkaError: a module refuses, or has failed.
    """
    is_active = tenant.suspended_at is None
    tenant.suspended_at = tenant.suspended_at or datetime.now(UTC)
    tenant.suspension_reason = reason
    await session.flush()
    record(session, "tenant.suspended", actor=actor, tenant=tenant.id, reason=reason)
    if is_active:
        await hooks.publish(session, tenant, TenantSuspended())


async def resume_tenant(
    session: AsyncSession, tenant: Tenant, *, hooks: TenantHooks, actor: UUID | None
) -> None:
    """Open *tenant* to its members again; an active one stays as it is.

    Raises:
        TochkaError: a module refuses, or has failed.
    """
    if tenant.suspended_at is None:
        return
    tenant.suspended_at = tenant.suspension_reason = None
    await session.flush()
    record(session, "tenant.resumed", actor=actor, tenant=tenant.id)
    await hooks.publish(session, tenant, TenantResumed())


async def delete_tenant(
    session: AsyncSession,
    tenant: Tenant,
    *,
    hooks: TenantHooks,
    grace_days: int,
    actor: UUID | None,
) -> None:
    """Close *tenant* to its members; for *grace_days* at least it can be restored.

    Its name, its domain and all its rows stay until it is purged.

    Raises:
        Conflict: it is deleted already.
        TochkaError: a module refuses, or has failed.
    """
    if tenant.purge_after is not None:
        raise Conflict("The tenant is deleted already.")
    purge_after = datetime.now(UTC) + timedelta(days=grace_days)
    await hooks.deleting(session, tenant, purge_after=purge_after)
    tenant.purge_after = purge_after
    await session.flush()
    record(session, "tenant.deleted", actor=actor, tenant=tenant.id, purge_after=purge_after)


async def restore_tenant(session: AsyncSession, tenant: Tenant, *, actor: UUID | None) -> None:
    """Undo the deletion of *tenant*; one that was suspended before is so again.

    Raises:
        Conflict: it is not deleted.
    """
    if tenant.purge_after is None:
        raise Conflict("The tenant is not deleted.")
    tenant.purge_after = None
    await session.flush()
    record(session, "tenant.restored", actor=actor, tenant=tenant.id)


def _named(name: str) -> Select[Tenant]:
    # The driver cannot send every text that a command is given, such as bytes that are no UTF-8.
    if not NAME_RULE.fullmatch(name):
        raise _no_tenant(name)
    return select(Tenant).where(Tenant.name == name)


def _existing(tenant: Tenant | None, name: str) -> Tenant:
    if tenant is None:
        raise _no_tenant(name)
    return tenant


def _no_tenant(name: str) -> NotFound:
    return NotFound(f"There is no tenant {name!r}.")
