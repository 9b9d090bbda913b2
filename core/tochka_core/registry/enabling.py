"""Enabling modules for a tenant and disabling them, each with what depends on it.

Whoever calls has locked the tenant: what it has enabled stays as it is found.
"""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, InvalidInput
from tochka_plugins.core_events import ModuleDisabled, ModuleEnabled

from tochka_core.audit.actions import Action
from tochka_core.audit.services import record
from tochka_core.registry.models import TenantModule
from tochka_core.registry.offering import Offer, Switched, read_offering
from tochka_core.registry.schemas import ModuleSwitch
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.models import Tenant


class Switching(msgspec.Struct, frozen=True):
    """Who switches modules of which tenant, and whom to tell."""

    tenant: Tenant
    hooks: TenantHooks
    actor: UUID | None
    """`None` for the command line."""
    is_platform: bool
    """Whether what is `private` may be enabled."""


async def switch_module(
    session: AsyncSession, switching: Switching, name: str, wanted: ModuleSwitch
) -> Switched:
    """Enable or disable the module *name*; what is so already is left alone.

    Raises:
        InvalidInput: *wanted* contradicts itself.
        TochkaError: as `enable_module` and `disable_module`.
    """
    if wanted.enabled:
        if wanted.with_dependents:
            raise InvalidInput(
                "What needs a module is disabled along with it, not enabled.",
                pointer="/with_dependents",
            )
        return await enable_module(session, switching, name, along=wanted.with_dependencies)
    if wanted.with_dependencies:
        raise InvalidInput(
            "What a module needs is enabled along with it, not disabled.",
            pointer="/with_dependencies",
        )
    return await disable_module(session, switching, name, along=wanted.with_dependents)


async def enable_module(
    session: AsyncSession, switching: Switching, name: str, *, along: bool
) -> Switched:
    """Enable the module *name*, and *along* with it what it needs; its hooks run in between.

    Raises:
        NotFound: there is no such module.
        Conflict: it, or one that it needs, cannot be used; or it needs modules that are not
            enabled, and those were not asked for: `missing` lists them.
        PermissionDenied: it is not for the tenant to enable.
        PaymentRequired: the tenant has no subscription to it.
        TochkaError: a module refuses, or has failed.
    """
    offering = await read_offering(session, switching.tenant.id)
    offer = offering.get(name, at=datetime.now(UTC))
    if offer.is_enabled and not along:
        return Switched(offer)
    needed, own = offer.missing, () if offer.is_enabled else (name,)
    for module in (*own, *needed):
        refusal = offering.find_refusal(module, is_platform=switching.is_platform)
        if refusal is not None:
            raise refusal
    if needed and not along:
        listed = ", ".join(needed)
        raise Conflict(f"Enable {listed} first: {name} needs it.", missing=needed)
    for module in (*needed, *own):
        session.add(TenantModule(tenant_id=switching.tenant.id, module=module))
        await switching.hooks.module_enabled(session, switching.tenant, module)
        _record(session, switching, "module.enabled", module, name)
        await switching.hooks.publish(session, switching.tenant, ModuleEnabled(module))
    return Switched(await _look_again(session, switching, name), enabled_along=needed)


async def disable_module(
    session: AsyncSession, switching: Switching, name: str, *, along: bool
) -> Switched:
    """Disable the module *name*, and *along* with it what needs it; their data stay.

    Raises:
        NotFound: there is no such module.
        Conflict: modules that are enabled need it, and that was not asked for; `dependents` lists
            them.
        TochkaError: a module refuses, or has failed.
    """
    offering = await read_offering(session, switching.tenant.id)
    offer = offering.get(name, at=datetime.now(UTC))
    if not offer.is_enabled:
        return Switched(offer)
    dependents = offering.dependents(name)
    if dependents and not along:
        listed = ", ".join(dependents)
        raise Conflict(f"Disable {listed} first: it needs {name}.", dependents=dependents)
    for module in (*dependents, name):
        await switching.hooks.module_disabled(session, switching.tenant, module)
        own = TenantModule.tenant_id == switching.tenant.id
        await session.execute(delete(TenantModule).where(own, TenantModule.module == module))
        _record(session, switching, "module.disabled", module, name)
        await switching.hooks.publish(session, switching.tenant, ModuleDisabled(module))
    return Switched(await _look_again(session, switching, name), disabled_along=dependents)


async def _look_again(session: AsyncSession, switching: Switching, name: str) -> Offer:
    await session.flush()
    return (await read_offering(session, switching.tenant.id)).show(name, at=datetime.now(UTC))


def _record(
    session: AsyncSession, switching: Switching, action: Action, module: str, asked: str
) -> None:
    record(
        session,
        action,
        actor=switching.actor,
        tenant=switching.tenant.id,
        module=module,
        along_with=None if module == asked else asked,
    )
