"""`/api/v1/modules` and `/api/v1/tenants/{name}/modules`."""

from litestar import Controller, get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from tochka_plugins import CurrentPrincipal, Tenant

from tochka_core.db.injection import PlatformSession
from tochka_core.registry import services
from tochka_core.registry.availability import set_availability
from tochka_core.registry.schemas import ModuleOut, ModulePatch, ModuleSwitch, TenantModuleOut
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
    ) -> list[ModuleOut] | list[TenantModuleOut]:
        """Return what the chosen tenant has and could enable; without one, all, to the platform."""
        if chosen_tenant is None:
            require_platform_master(principal)
            return [
                ModuleOut.of(module) for module in await services.list_modules(platform_session)
            ]
        found = await services.list_tenant_modules(platform_session, chosen_tenant.id)
        return [TenantModuleOut.of(module, enabled=enabled) for module, enabled in found]

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
        self, name: FromPath[str], platform_session: PlatformSession, principal: CurrentPrincipal
    ) -> list[TenantModuleOut]:
        """Return what the tenant has and could enable."""
        tenant = await get_open_tenant(platform_session, principal, name)
        found = await services.list_tenant_modules(platform_session, tenant.id)
        return [TenantModuleOut.of(module, enabled=enabled) for module, enabled in found]

    @put("/tenants/{name:str}/modules/{module:str}", summary="Enable or disable a module")
    async def switch(
        self,
        name: FromPath[str],
        module: FromPath[str],
        data: JSONBody[ModuleSwitch],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> TenantModuleOut:
        """Enable or disable a module; again is no error."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_MODULES)
        if data.enabled:
            changed = await services.enable_module(platform_session, standing, module)
        else:
            changed = await services.disable_module(platform_session, standing, module)
        return TenantModuleOut.of(changed, enabled=data.enabled)
