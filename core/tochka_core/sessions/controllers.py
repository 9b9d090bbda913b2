"""`/api/v1/auth/refresh`, `/logout` and `/sessions`."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from tochka_plugins import (
    ANONYMOUS,
    CurrentPerson,
    NotAuthenticated,
    Page,
    PageQuery,
    problems,
)
from tochka_plugins.pagination import Limit, Offset

from tochka_core.db.injection import PlatformSession
from tochka_core.http.caching import KEPT_BY_NOBODY
from tochka_core.http.client import CurrentClient
from tochka_core.sessions import listing
from tochka_core.sessions.schemas import RefreshIn, SessionOut, TokensOut
from tochka_core.sessions.signing_in import Sessions
from tochka_core.settings import Settings


class SessionController(Controller):
    """Staying signed in, and signing out."""

    path = "/auth"
    tags = ["auth"]  # noqa: RUF012 - the name and type are Litestar's
    cache_control = KEPT_BY_NOBODY

    @post(
        "/refresh",
        status_code=HTTP_200_OK,
        opt=ANONYMOUS,
        summary="Get new tokens",
        responses=problems(NotAuthenticated),
    )
    async def refresh(
        self,
        data: JSONBody[RefreshIn],
        sessions: NamedDependency[Sessions],
        client: CurrentClient,
    ) -> TokensOut:
        """Exchange a refresh token for the next pair; used once more it ends the session."""
        return TokensOut.of(await sessions.renew(data.refresh_token, client))

    @post("/logout", status_code=HTTP_204_NO_CONTENT, summary="Sign out")
    async def logout(self, platform_session: PlatformSession, person: CurrentPerson) -> None:
        """End the session of the access token that the request carries."""
        await listing.sign_out(platform_session, person)

    @get("/sessions", summary="List one's sessions")
    async def list_own(
        self,
        platform_session: PlatformSession,
        person: CurrentPerson,
        settings: NamedDependency[Settings],
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[SessionOut]:
        """Return where the caller is signed in, the last seen first."""
        query = PageQuery(limit=limit, offset=offset)
        found, total = await listing.list_sessions(
            platform_session, person.user_id, query, idle_days=settings.session_idle_days
        )
        return query.page([SessionOut.of(item, person) for item in found], total)

    @delete("/sessions/{session_id:uuid}", summary="End one of one's sessions")
    async def revoke(
        self,
        session_id: FromPath[UUID],
        platform_session: PlatformSession,
        person: CurrentPerson,
    ) -> None:
        """Sign the caller out on one device."""
        await listing.revoke_session(platform_session, person, session_id)

    @delete("/sessions", summary="End all of one's sessions")
    async def revoke_all(
        self,
        platform_session: PlatformSession,
        person: CurrentPerson,
        *,
        but_current: FromQuery[bool] = False,
    ) -> None:
        """Sign the caller out everywhere, with `but_current` everywhere else."""
        await listing.revoke_sessions(platform_session, person, but_current=but_current)
