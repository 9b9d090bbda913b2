"""`/api/v1/tenants/{name}/roles`, and what one holds oneself."""

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from tochka_plugins import CurrentPrincipal, CurrentTenant

from tochka_core.access.facts import open_modules
from tochka_core.db.injection import PlatformSession
from tochka_core.tenants import roles
from tochka_core.tenants.permissions import BUILT_IN_ROLES, MANAGE_ROLES, PermissionCatalog
from tochka_core.tenants.role_schemas import (
    OwnPermissionsOut,
    PermissionOut,
    RoleIn,
    RoleOut,
    RolePatch,
)
from tochka_core.tenants.standing import get_open_tenant, lock_tenant_to


class RoleController(Controller):
    """The roles of a tenant, and the permissions that they may hold."""

    path = "/tenants/{name:str}"
    tags = ["roles"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/permissions", summary="List permissions")
    async def list_permissions(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        permission_catalog: NamedDependency[PermissionCatalog],
    ) -> list[PermissionOut]:
        """Return what a role of the tenant may hold: the core's, then those of open modules."""
        tenant = await get_open_tenant(platform_session, principal, name)
        opened = await open_modules(platform_session, tenant.id)
        return [PermissionOut.of(item) for item in permission_catalog.that_count(opened)]

    @get("/roles", summary="List roles")
    async def list_all(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        permission_catalog: NamedDependency[PermissionCatalog],
    ) -> list[RoleOut]:
        """Return the built-in roles, the highest first, then the tenant's own by name."""
        tenant = await get_open_tenant(platform_session, principal, name)
        opened = await open_modules(platform_session, tenant.id)
        own = await roles.list_roles(platform_session, tenant.id)
        return [
            *(RoleOut.of_built_in(role, permission_catalog, opened) for role in BUILT_IN_ROLES),
            *(RoleOut.of(role, permission_catalog, opened) for role in own),
        ]

    @post("/roles", summary="Define a role")
    async def create(
        self,
        name: FromPath[str],
        data: JSONBody[RoleIn],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        permission_catalog: NamedDependency[PermissionCatalog],
    ) -> RoleOut:
        """Define a role; it holds no more than whoever defines it, unless they are an owner."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_ROLES)
        role = await roles.create_role(platform_session, standing, permission_catalog, data)
        opened = await open_modules(platform_session, standing.tenant.id)
        return RoleOut.of(role, permission_catalog, opened)

    @get("/roles/{role:str}", summary="Get a role")
    async def get_one(
        self,
        name: FromPath[str],
        role: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        permission_catalog: NamedDependency[PermissionCatalog],
    ) -> RoleOut:
        """Return one role, a built-in one or one of the tenant's own."""
        tenant = await get_open_tenant(platform_session, principal, name)
        opened = await open_modules(platform_session, tenant.id)
        if role in BUILT_IN_ROLES:
            return RoleOut.of_built_in(role, permission_catalog, opened)
        found = await roles.get_role(platform_session, tenant.id, role)
        return RoleOut.of(found, permission_catalog, opened)

    @patch("/roles/{role:str}", summary="Change a role")
    async def change(
        self,
        name: FromPath[str],
        role: FromPath[str],
        data: JSONBody[RolePatch],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        permission_catalog: NamedDependency[PermissionCatalog],
    ) -> RoleOut:
        """Change title or permissions of a role of the tenant's own, for all who have it."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_ROLES)
        changed = await roles.change_role(
            platform_session, standing, permission_catalog, role, data
        )
        opened = await open_modules(platform_session, standing.tenant.id)
        return RoleOut.of(changed, permission_catalog, opened)

    @delete("/roles/{role:str}", summary="Delete a role")
    async def remove(
        self,
        name: FromPath[str],
        role: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> None:
        """Delete a role of the tenant's own that nobody has."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_ROLES)
        await roles.delete_role(platform_session, standing, role)


class OwnPermissionController(Controller):
    """What the person who is signed in may do."""

    path = "/users/me/permissions"
    tags = ["roles"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/", summary="What may I do")
    async def list_all(
        self, tenant: CurrentTenant, principal: CurrentPrincipal
    ) -> OwnPermissionsOut:
        """Return the caller's role and permissions in the chosen tenant."""
        return OwnPermissionsOut(
            tenant=tenant.name,
            role=principal.tenant_role or "",
            permissions=sorted(principal.permissions),
        )
