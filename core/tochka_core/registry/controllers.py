"""`/api/v1/modules` and `/api/v1/tenants/{name}/modules`."""

from datetime import UTC, datetime
from uuid import UUID

from litestar import Controller, get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from tochka_plugins import CurrentPrincipal, Tenant

from tochka_core.access.cache import Cache
from tochka_core.db.injection import PlatformSession
from tochka_core.registry import services
from tochka_core.registry.availability import set_availability
from tochka_core.registry.enabling import Switching, switch_module
from tochka_core.registry.offering import look_at_offering
from tochka_core.registry.schemas import (
    ModuleOut,
    ModulePatch,
    ModuleSwitch,
    SwitchedModuleOut,
    TenantModuleOut,
)
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.permissions import MANAGE_MODULES
from tochka_core.tenants.standing import (
    get_open_tenant,
    lock_tenant_to,
    require_platform_master,
)


class ModuleController(Controller):
    """Modules, as the platform and its tenants see them."""

    tags = ["modules"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/modules", summary="List modules")
    async def list_all(
        self,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        chosen_tenant: NamedDependency[Tenant | None],
        access_cache: NamedDependency[Cache],
    ) -> list[ModuleOut] | list[TenantModuleOut]:
        """Return what the chosen tenant has, could enable, and why not; without one, all there is.

        All that there is, and what became of it, is for a `platform_master`.
        """
        if chosen_tenant is None:
            require_platform_master(principal)
            return [
                ModuleOut.of(module) for module in await services.list_modules(platform_session)
            ]
        return await _list_offers(access_cache, chosen_tenant.id)

    @patch("/modules/{module:str}", summary="Change a module")
    async def change(
        self,
        module: FromPath[str],
        data: JSONBody[ModulePatch],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> ModuleOut:
        """Say who may enable a module: `open`, `subscription` or `private`."""
        actor = require_platform_master(principal).user_id
        changed = await set_availability(platform_session, module, data.availability, actor=actor)
        return ModuleOut.of(changed)

    @get("/tenants/{name:str}/modules", summary="List a tenant's modules")
    async def list_of_tenant(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        access_cache: NamedDependency[Cache],
    ) -> list[TenantModuleOut]:
        """Return what the tenant has, what it could enable, and why not."""
        tenant = await get_open_tenant(platform_session, principal, name)
        return await _list_offers(access_cache, tenant.id)

    @put("/tenants/{name:str}/modules/{module:str}", summary="Enable or disable a module")
    async def switch(
        self,
        name: FromPath[str],
        module: FromPath[str],
        data: JSONBody[ModuleSwitch],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        tenant_hooks: NamedDependency[TenantHooks],
    ) -> SwitchedModuleOut:
        """Enable or disable a module, with what it needs or what needs it; again is no error."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_MODULES)
        switching = Switching(
            tenant=standing.tenant,
            hooks=tenant_hooks,
            actor=principal.user_id,
            is_platform=principal.role == "platform_master",
        )
        switched = await switch_module(platform_session, switching, module, data)
        return SwitchedModuleOut.of_switched(switched)


async def _list_offers(cache: Cache, tenant_id: UUID) -> list[TenantModuleOut]:
    async with cache.look() as look:
        offering = await look_at_offering(look, tenant_id)
    return [TenantModuleOut.of(offer) for offer in offering.list(at=datetime.now(UTC))]
