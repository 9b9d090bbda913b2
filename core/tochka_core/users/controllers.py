"""`/api/v1/users`."""

from litestar import Controller, get
from tochka_plugins import CurrentPerson

from tochka_core.db.injection import PlatformSession
from tochka_core.users.schemas import UserOut
from tochka_core.users.services import get_user


class UserController(Controller):
    """People, as they see themselves."""

    path = "/users"
    tags = ["users"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/me", summary="Who am I")
    async def me(self, platform_session: PlatformSession, person: CurrentPerson) -> UserOut:
        """Return the person who is signed in."""
        return UserOut.of(await get_user(platform_session, person.user_id))
