"""The other modules, as one of them meets them in a transaction of a tenant."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tochka_plugins.events import Event, EventInfo

ServiceT = TypeVar("ServiceT")

NEIGHBOURS: Final = "tochka_neighbours"
"""Where `AsyncSession.info` has them."""


class Neighbours(Protocol):
    """What a transaction reaches beyond its rows; the platform gives it to those that it opens."""

    async def publish(self, session: AsyncSession, event: Event) -> None:
        """Tell them of *event*, in the transaction of *session*."""

    def known_events(self) -> Sequence[EventInfo]:
        """Return what they, and the platform, may tell of."""

    def require_service(self, session: AsyncSession, kind: Callable[..., ServiceT]) -> ServiceT:
        """Return what one of them offers as *kind*, working in *session*."""

    def find_service(self, session: AsyncSession, kind: Callable[..., ServiceT]) -> ServiceT | None:
        """Do the same, and return `None` where it is not open."""

    def seal(self, secret: str, column: str, row_id: UUID) -> str:
        """Return what to keep of *secret* in the *column*, written with schema and table."""

    def unseal(self, kept: str, column: str, row_id: UUID) -> str:
        """Return the secret that is *kept* there."""


def neighbours_of(session: AsyncSession) -> Neighbours:
    """Return the modules that the one which works in *session* meets.

    Raises:
        RuntimeError: it is no tenant's, or was not opened by the platform.
    """
    found: Neighbours | None = session.info.get(NEIGHBOURS)
    if found is None:
        raise RuntimeError(
            "Modules meet in a transaction of one tenant that the platform has opened, such as"
            " `session` in a handler or a hook, or `platform.tenant_scope`."
        )
    return found
