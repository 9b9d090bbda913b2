"""`/api/v1/tenants/{name}/members`."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK
from tochka_plugins import CurrentPrincipal, Page, PageQuery
from tochka_plugins.pagination import Limit, Offset

from tochka_core.db.injection import PlatformSession
from tochka_core.settings import Settings
from tochka_core.tenants import members
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.permissions import MANAGE_MEMBERS, PermissionCatalog
from tochka_core.tenants.schemas import MemberIn, MemberOut, MemberPatch, OwnershipIn
from tochka_core.tenants.standing import (
    get_open_tenant,
    lock_tenant,
    lock_tenant_to,
    require_platform_master,
)
from tochka_core.users.phones import normalize_phone
from tochka_core.users.services import get_user_by_phone


class MemberController(Controller):
    """Who belongs to a tenant, and as what."""

    path = "/tenants/{name:str}"
    tags = ["tenants"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/members", summary="List members")
    async def list_all(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[MemberOut]:
        """Return who belongs to the tenant, the oldest members first."""
        tenant = await get_open_tenant(platform_session, principal, name)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await members.list_members(platform_session, tenant, query)
        return query.page([MemberOut.of(*member) for member in found], total)

    @post("/members", summary="Add a member")
    async def add(
        self,
        name: FromPath[str],
        data: JSONBody[MemberIn],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings: NamedDependency[Settings],
        permission_catalog: NamedDependency[PermissionCatalog],
        tenant_hooks: NamedDependency[TenantHooks],
    ) -> MemberOut:
        """Add a registered person; only a `platform_master` may."""
        require_platform_master(principal)
        standing = await lock_tenant(platform_session, principal, name)
        phone = normalize_phone(data.phone, region=settings.default_region)
        user = await get_user_by_phone(platform_session, phone)
        membership = await members.add_member(
            platform_session, standing, permission_catalog, user, data.role, hooks=tenant_hooks
        )
        return MemberOut.of(membership, user)

    @patch("/members/{user_id:uuid}", summary="Change a member's role")
    async def change(
        self,
        name: FromPath[str],
        user_id: FromPath[UUID],
        data: JSONBody[MemberPatch],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        permission_catalog: NamedDependency[PermissionCatalog],
        tenant_hooks: NamedDependency[TenantHooks],
    ) -> MemberOut:
        """Give a member another role, which holds no more than the caller does."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_MEMBERS)
        return MemberOut.of(
            *await members.change_role(
                platform_session,
                standing,
                permission_catalog,
                user_id,
                data.role,
                hooks=tenant_hooks,
            )
        )

    @delete("/members/{user_id:uuid}", summary="Remove a member, or leave")
    async def remove(
        self,
        name: FromPath[str],
        user_id: FromPath[UUID],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        tenant_hooks: NamedDependency[TenantHooks],
    ) -> None:
        """Take a person out of the tenant: oneself, or another where one manages members."""
        standing = await lock_tenant(platform_session, principal, name)
        await members.remove_member(platform_session, standing, user_id, hooks=tenant_hooks)

    @post("/ownership", summary="Hand over ownership", status_code=HTTP_200_OK)
    async def transfer(
        self,
        name: FromPath[str],
        data: JSONBody[OwnershipIn],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        tenant_hooks: NamedDependency[TenantHooks],
    ) -> MemberOut:
        """Make a member an owner in the caller's place; the caller becomes an admin."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_MEMBERS)
        return MemberOut.of(
            *await members.transfer_ownership(
                platform_session, standing, data.user_id, hooks=tenant_hooks
            )
        )
