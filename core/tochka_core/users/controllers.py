"""`/api/v1/users`."""

from litestar import Controller, get
from litestar.di import NamedDependency
from tochka_plugins import CurrentPerson

from tochka_core.access.cache import Cache
from tochka_core.access.facts import ACCOUNT
from tochka_core.users.schemas import UserOut


class UserController(Controller):
    """People, as they see themselves."""

    path = "/users"
    tags = ["users"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/me", summary="Who am I")
    async def me(self, access_cache: NamedDependency[Cache], person: CurrentPerson) -> UserOut:
        """Return the person who is signed in."""
        async with access_cache.look() as look:
            return await look.find(ACCOUNT, person.user_id)
