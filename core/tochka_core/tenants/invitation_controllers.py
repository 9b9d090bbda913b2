"""`/api/v1/tenants/{name}/invitations` and `/api/v1/users/me/invitations`."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from tochka_plugins import CurrentPerson, CurrentPrincipal, Page, PageQuery
from tochka_plugins.pagination import Limit, Offset

from tochka_core.db.injection import PlatformSession
from tochka_core.settings import Settings
from tochka_core.tenants import invitations
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.permissions import MANAGE_INVITATIONS, PermissionCatalog
from tochka_core.tenants.schemas import InvitationOut, MemberIn, OwnInvitationOut, TenantOut
from tochka_core.tenants.standing import get_standing, lock_tenant_to
from tochka_core.users.phones import normalize_phone


class SentInvitationController(Controller):
    """The invitations of a tenant, for those who invite."""

    path = "/tenants/{name:str}/invitations"
    tags = ["invitations"]  # noqa: RUF012 - the name and type are Litestar's

    @post("/", summary="Invite a person")
    async def invite(
        self,
        name: FromPath[str],
        data: JSONBody[MemberIn],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings: NamedDependency[Settings],
        permission_catalog: NamedDependency[PermissionCatalog],
    ) -> InvitationOut:
        """Invite whoever has the phone; they may register later."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_INVITATIONS)
        phone = normalize_phone(data.phone, region=settings.default_region)
        days = settings.invitation_days
        return InvitationOut.of(
            await invitations.invite(
                platform_session, standing, permission_catalog, phone, data.role, days=days
            )
        )

    @get("/", summary="List invitations")
    async def list_all(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[InvitationOut]:
        """Return the open invitations, the oldest first."""
        standing = await get_standing(platform_session, principal, name)
        standing.require(MANAGE_INVITATIONS)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await invitations.list_invitations(platform_session, standing.tenant, query)
        return query.page([InvitationOut.of(item) for item in found], total)

    @post("/{invitation_id:uuid}/resend", summary="Resend an invitation", status_code=HTTP_200_OK)
    async def resend(
        self,
        name: FromPath[str],
        invitation_id: FromPath[UUID],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings: NamedDependency[Settings],
        permission_catalog: NamedDependency[PermissionCatalog],
    ) -> InvitationOut:
        """Let the invitation begin anew, also when it has expired."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_INVITATIONS)
        days = settings.invitation_days
        return InvitationOut.of(
            await invitations.resend(
                platform_session, standing, permission_catalog, invitation_id, days=days
            )
        )

    @delete("/{invitation_id:uuid}", summary="Revoke an invitation")
    async def revoke(
        self,
        name: FromPath[str],
        invitation_id: FromPath[UUID],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> None:
        """Take the invitation back."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_INVITATIONS)
        await invitations.revoke(platform_session, standing, invitation_id)


class ReceivedInvitationController(Controller):
    """The invitations of the person who is signed in."""

    path = "/users/me/invitations"
    tags = ["invitations"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/", summary="List my invitations")
    async def list_all(
        self, platform_session: PlatformSession, person: CurrentPerson
    ) -> list[OwnInvitationOut]:
        """Return the open invitations of the caller's phone, the oldest first."""
        found = await invitations.list_received(platform_session, person)
        return [OwnInvitationOut.of(*item) for item in found]

    @post("/{invitation_id:uuid}/accept", summary="Accept an invitation", status_code=HTTP_200_OK)
    async def accept(
        self,
        invitation_id: FromPath[UUID],
        platform_session: PlatformSession,
        person: CurrentPerson,
        tenant_hooks: NamedDependency[TenantHooks],
    ) -> TenantOut:
        """Become a member of the tenant, which is returned."""
        return TenantOut.of(
            await invitations.accept(platform_session, person, invitation_id, hooks=tenant_hooks)
        )

    @post(
        "/{invitation_id:uuid}/decline",
        summary="Decline an invitation",
        status_code=HTTP_204_NO_CONTENT,
    )
    async def decline(
        self,
        invitation_id: FromPath[UUID],
        platform_session: PlatformSession,
        person: CurrentPerson,
    ) -> None:
        """Turn the invitation down."""
        await invitations.decline(platform_session, person, invitation_id)
