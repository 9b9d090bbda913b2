"""`/api/v1/tenants`."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from tochka_plugins import CurrentPrincipal, Page, PageQuery, RequestedPage
from tochka_plugins.pagination import Limit, Offset

from tochka_core.db.injection import PlatformSession
from tochka_core.settings import Settings
from tochka_core.tenants import members, services
from tochka_core.tenants.schemas import MemberIn, MemberOut, TenantIn, TenantOut, TenantPatch
from tochka_core.users.phones import normalize_phone


class TenantController(Controller):
    """Tenants, as their members and the platform see them."""

    path = "/tenants"
    tags = ["tenants"]  # noqa: RUF012 - the name and type are Litestar's

    @post("/", summary="Create a tenant")
    async def create(
        self,
        data: JSONBody[TenantIn],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings: NamedDependency[Settings],
    ) -> TenantOut:
        """Make a tenant; only a `platform_master` may."""
        services.require_platform_master(principal)
        owner_id = None
        if data.owner_phone is not None:
            phone = normalize_phone(
                data.owner_phone, region=settings.default_region, pointer="/owner_phone"
            )
            owner_id = (await members.get_user_by_phone(platform_session, phone)).id
        return TenantOut.of(await services.create_tenant(platform_session, data, owner_id=owner_id))

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
        return TenantOut.of(await services.get_visible_tenant(platform_session, principal, name))

    @patch("/{name:str}", summary="Change a tenant")
    async def change(
        self,
        name: FromPath[str],
        data: JSONBody[TenantPatch],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> TenantOut:
        """Change title or domain, suspend or resume; only a `platform_master` may."""
        services.require_platform_master(principal)
        tenant = await services.get_managed_tenant(platform_session, principal, name)
        return TenantOut.of(await services.change_tenant(platform_session, tenant, data))

    @get("/{name:str}/members", summary="List members")
    async def list_members(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[MemberOut]:
        """Return who belongs to the tenant, the oldest members first."""
        tenant = await services.get_visible_tenant(platform_session, principal, name)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await members.list_members(platform_session, tenant, query)
        return query.page([MemberOut.of(*member) for member in found], total)

    @post("/{name:str}/members", summary="Add a member")
    async def add_member(
        self,
        name: FromPath[str],
        data: JSONBody[MemberIn],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings: NamedDependency[Settings],
    ) -> MemberOut:
        """Add a registered person; only a `platform_master` may."""
        services.require_platform_master(principal)
        tenant = await services.get_managed_tenant(platform_session, principal, name)
        phone = normalize_phone(data.phone, region=settings.default_region)
        user = await members.get_user_by_phone(platform_session, phone)
        membership = await members.add_member(platform_session, tenant, user, data.role)
        return MemberOut.of(membership, user)

    @delete("/{name:str}/members/{user_id:uuid}", summary="Remove a member")
    async def remove_member(
        self,
        name: FromPath[str],
        user_id: FromPath[UUID],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> None:
        """Take a person out of the tenant; its owners, admins and a `platform_master` may."""
        tenant = await services.get_managed_tenant(platform_session, principal, name)
        await members.remove_member(platform_session, tenant, user_id)
