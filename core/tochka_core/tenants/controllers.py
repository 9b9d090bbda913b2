"""`/api/v1/tenants`."""

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK
from tochka_plugins import CurrentPerson, CurrentPrincipal, Page, RequestedPage

from tochka_core.db.injection import PlatformSession
from tochka_core.settings import Settings
from tochka_core.tenants import life_cycle, services
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.schemas import TenantIn, TenantOut, TenantPatch
from tochka_core.tenants.standing import (
    get_visible_tenant,
    lock_tenant,
    require_platform_master,
)
from tochka_core.users.phones import normalize_phone
from tochka_core.users.services import get_user_by_phone


class TenantController(Controller):
    """Tenants, as their members and the platform see them."""

    path = "/tenants"
    tags = ["tenants"]  # noqa: RUF012 - the name and type are Litestar's

    @post("/", summary="Create a tenant")
    async def create(
        self,
        data: JSONBody[TenantIn],
        platform_session: PlatformSession,
        person: CurrentPerson,
        settings: NamedDependency[Settings],
        tenant_hooks: NamedDependency[TenantHooks],
    ) -> TenantOut:
        """Make a tenant; its owner is the caller, unless a `platform_master` names another.

        Whether anyone may, or only a `platform_master`, is the operator's setting.
        """
        services.check_creator(person, data, rule=settings.tenant_creation)
        owner_id = person.user_id
        if data.owner_phone is not None:
            phone = normalize_phone(
                data.owner_phone, region=settings.default_region, pointer="/owner_phone"
            )
            owner_id = (await get_user_by_phone(platform_session, phone)).id
        tenant = await services.create_tenant(
            platform_session,
            data,
            hooks=tenant_hooks,
            actor=person.user_id,
            owner_id=owner_id,
        )
        return TenantOut.of(tenant)

    @get("/", summary="List tenants")
    async def list_all(
        self,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        page_query: RequestedPage,
    ) -> Page[TenantOut]:
        """Return the tenants that the caller belongs to; all of them for a `platform_master`."""
        found, total = await services.list_tenants(platform_session, principal, page_query)
        return page_query.page([TenantOut.of(tenant) for tenant in found], total)

    @get("/{name:str}", summary="Get a tenant")
    async def get_one(
        self, name: FromPath[str], platform_session: PlatformSession, principal: CurrentPrincipal
    ) -> TenantOut:
        """Return one tenant that the caller belongs to; any for a `platform_master`."""
        return TenantOut.of(await get_visible_tenant(platform_session, principal, name))

    @patch("/{name:str}", summary="Change a tenant")
    async def change(
        self,
        name: FromPath[str],
        data: JSONBody[TenantPatch],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        tenant_hooks: NamedDependency[TenantHooks],
    ) -> TenantOut:
        """Change name, title or domain, suspend or resume; only a `platform_master` may."""
        require_platform_master(principal)
        standing = await lock_tenant(platform_session, principal, name)
        changed = await services.change_tenant(platform_session, standing, data, hooks=tenant_hooks)
        return TenantOut.of(changed)

    @delete("/{name:str}", summary="Delete a tenant", status_code=HTTP_200_OK)
    async def remove(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings: NamedDependency[Settings],
        tenant_hooks: NamedDependency[TenantHooks],
    ) -> TenantOut:
        """Close the tenant; until it is purged, not before `purge_after`, it can be restored.

        Its owners may, and a `platform_master`.
        """
        standing = await lock_tenant(platform_session, principal, name)
        standing.require_owner()
        standing.refuse_closed()
        await life_cycle.delete_tenant(
            platform_session,
            standing.tenant,
            hooks=tenant_hooks,
            grace_days=settings.tenant_grace_days,
            actor=principal.user_id,
        )
        return TenantOut.of(standing.tenant)

    @post("/{name:str}/restore", summary="Restore a deleted tenant", status_code=HTTP_200_OK)
    async def restore(
        self, name: FromPath[str], platform_session: PlatformSession, principal: CurrentPrincipal
    ) -> TenantOut:
        """Undo the deletion; the tenant's owners may, and a `platform_master`."""
        standing = await lock_tenant(platform_session, principal, name)
        standing.require_owner()
        tenant, actor = standing.tenant, principal.user_id
        await life_cycle.restore_tenant(platform_session, tenant, actor=actor)
        return TenantOut.of(tenant)
