"""Enabling modules for a tenant, and telling what there is."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, NotFound, PermissionDenied

from tochka_core.registry.models import Module, TenantModule
from tochka_core.tenants.standing import Standing


async def list_modules(session: AsyncSession) -> Sequence[Module]:
    """Return every module that was ever seen, by name."""
    return (await session.scalars(select(Module).order_by(Module.name))).all()


async def list_tenant_modules(
    session: AsyncSession, tenant_id: UUID
) -> Sequence[tuple[Module, bool]]:
    """Return the modules that can be used, by name, each with whether the tenant has it enabled."""
    enabled = await enabled_modules(session, tenant_id)
    usable = select(Module).where(Module.state == "ready").order_by(Module.name)
    modules = (await session.scalars(usable)).all()
    return [
        (module, module.name in enabled)
        for module in modules
        if module.name in enabled or module.availability == "open"
    ]


async def enabled_modules(session: AsyncSession, tenant_id: UUID) -> frozenset[str]:
    """Return the names of the modules that the tenant has enabled."""
    names = select(TenantModule.module).where(TenantModule.tenant_id == tenant_id)
    return frozenset((await session.scalars(names)).all())


async def enable_module(session: AsyncSession, standing: Standing, name: str) -> Module:
    """Enable a module for the tenant of *standing*; again is no error.

    Raises:
        NotFound: no such module can be used.
        PermissionDenied: the module is not for tenants to enable.
        Conflict: it needs modules that are not enabled; `missing` lists them.
    """
    module = await _get_module(session, name)
    if module.state != "ready":
        raise NotFound("There is no such module.")
    if module.availability != "open" and standing.principal.role != "platform_master":
        raise PermissionDenied("Only a platform_master may enable this module.")
    tenant_id = standing.tenant.id
    missing = sorted(set(module.requires) - await enabled_modules(session, tenant_id))
    if missing:
        needed = ", ".join(missing)
        raise Conflict(f"Enable {needed} first: this module needs it.", missing=missing)
    is_new = await session.scalar(
        insert(TenantModule)
        .values(tenant_id=tenant_id, module=module.name)
        .on_conflict_do_nothing()
        .returning(TenantModule.module)
    )
    if is_new:
        standing.record(session, "module.enabled", module=name)
    return module


async def disable_module(session: AsyncSession, standing: Standing, name: str) -> Module:
    """Disable a module for the tenant of *standing*; its data stay. Again is no error.

    Raises:
        NotFound: there is no such module.
        Conflict: enabled modules need it; `dependents` lists them.
    """
    module = await _get_module(session, name)
    tenant_id = standing.tenant.id
    enabled = await enabled_modules(session, tenant_id)
    needing = select(Module.name).where(Module.requires.contains([name]), Module.name.in_(enabled))
    dependents = sorted((await session.scalars(needing)).all())
    if dependents:
        listed = ", ".join(dependents)
        raise Conflict(f"Disable {listed} first: it needs this module.", dependents=dependents)
    was_enabled = await session.scalar(
        delete(TenantModule)
        .where(TenantModule.tenant_id == tenant_id, TenantModule.module == name)
        .returning(TenantModule.module)
    )
    if was_enabled:
        standing.record(session, "module.disabled", module=name)
    return module


async def _get_module(session: AsyncSession, name: str) -> Module:
    module = await session.get(Module, name)
    if module is None:
        raise NotFound("There is no such module.")
    return module
