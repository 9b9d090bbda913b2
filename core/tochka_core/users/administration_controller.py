"""`/api/v1/users`, for those who administer the platform."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from tochka_plugins import CurrentPrincipal, Page, PageQuery, RequestedPage, requires_step_up
from tochka_plugins.context import PlatformRole
from tochka_plugins.pagination import Limit, Offset

from tochka_core.db.injection import PlatformSession
from tochka_core.sessions.listing import list_sessions
from tochka_core.sessions.schemas import SessionOut
from tochka_core.settings import Settings
from tochka_core.tenants.standing import require_platform_master
from tochka_core.users import administration
from tochka_core.users.schemas import AccountOut, AccountPatch
from tochka_core.users.services import get_user


class AdministrationController(Controller):
    """All people; only a `platform_master` may see and change them."""

    path = "/users"
    tags = ["users"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/", summary="List people")
    async def list_all(
        self,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        page_query: RequestedPage,
        settings: NamedDependency[Settings],
        *,
        is_active: FromQuery[bool | None] = None,
        role: FromQuery[PlatformRole | None] = None,
    ) -> Page[AccountOut]:
        """Return one page; `search` takes a part of a phone, or all of it in any spelling."""
        require_platform_master(principal)
        found, total = await administration.list_users(
            platform_session,
            page_query,
            region=settings.default_region,
            is_active=is_active,
            role=role,
        )
        return page_query.page([AccountOut.of(user) for user in found], total)

    @get("/{user_id:uuid}", summary="Get a person")
    async def get_one(
        self,
        user_id: FromPath[UUID],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> AccountOut:
        """Return one person."""
        require_platform_master(principal)
        return AccountOut.of(await get_user(platform_session, user_id))

    @patch(
        "/{user_id:uuid}",
        summary="Deactivate or activate a person",
        guards=[requires_step_up()],
    )
    async def change(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[AccountPatch],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> AccountOut:
        """Keep a person out at once, or let them in again.

        Nobody deactivates themselves, nor the last active `platform_master`.
        """
        require_platform_master(principal)
        user = await administration.set_active(
            platform_session, user_id, is_active=data.is_active, actor=principal.user_id
        )
        return AccountOut.of(user)

    @get("/{user_id:uuid}/sessions", summary="List a person's sessions")
    async def list_sessions(
        self,
        user_id: FromPath[UUID],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings: NamedDependency[Settings],
        *,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[SessionOut]:
        """Return where a person is signed in, the last seen first."""
        master = require_platform_master(principal)
        user = await get_user(platform_session, user_id)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await list_sessions(
            platform_session, user.id, query, idle_days=settings.session_idle_days
        )
        return query.page([SessionOut.of(item, master) for item in found], total)

    @delete("/{user_id:uuid}/sessions", summary="Sign a person out everywhere")
    async def force_logout(
        self,
        user_id: FromPath[UUID],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> None:
        """End all sessions of a person, who may sign in again."""
        actor = require_platform_master(principal).user_id
        await administration.force_logout(platform_session, user_id, actor=actor)

    @post(
        "/{user_id:uuid}/password-reset",
        status_code=HTTP_204_NO_CONTENT,
        summary="Take a person's password away",
        guards=[requires_step_up()],
    )
    async def void_password(
        self,
        user_id: FromPath[UUID],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> None:
        """End all sessions, and let nobody sign in with it; a code gives the person another one."""
        actor = require_platform_master(principal).user_id
        await administration.void_password(platform_session, user_id, actor=actor)
