"""What the modules of one process offer to those that depend on them."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from tochka_plugins import UnknownService
from tochka_plugins.host import StagedModule
from tochka_plugins.neighbours import NEIGHBOURS, Neighbours
from tochka_plugins.services import ServiceFactory


class Offered(msgspec.Struct, frozen=True):
    """A service, and the module that offers it."""

    module: str
    make: ServiceFactory


class ServiceCatalog:
    """Who offers what, and who may ask for it."""

    def __init__(self, modules: Sequence[StagedModule]) -> None:
        """Know what *modules* offer."""
        self._offered: dict[object, Offered] = {
            kind: Offered(module.name, make)
            for module in modules
            for kind, make in module.services.items()
        }
        self._reach = {module.name: module.requires | module.wishes for module in modules}

    def find(self, kind: Callable[..., object], *, by: str) -> Offered | None:
        """Return who offers *kind* to the module that asks; `None` where none does.

        Raises:
            UnknownService: the module does not depend on the one that offers it.
        """
        found = self._offered.get(kind)
        if found is not None and found.module not in self._reach.get(by, ()):
            raise UnknownService(f"{by} does not depend on {found.module}, which offers {kind!r}.")
        return found


class LentSession(AsyncSession):
    """A session as another module works in it, which meets others as itself there."""

    def __init__(self, session: AsyncSession, neighbours: Neighbours) -> None:
        """Do all in *session*; whoever works in it meets *neighbours*."""
        # Not as in AsyncSession, which makes a session of its own.
        self._lender = session
        self._info = {**session.info, NEIGHBOURS: neighbours}

    @property  # type: ignore[misc]  # it can be set there
    def bind(self) -> Any:  # noqa: ANN401 - as AsyncSession has it
        """What the session is bound to."""
        return self._lender.bind

    @property
    def sync_session(self) -> Session:  # type: ignore[override]  # an attribute, made with the rest
        """The session itself."""
        return self._lender.sync_session

    _proxied = sync_session

    @property
    def info(self) -> dict[Any, Any]:
        """What the session has, but for the neighbours."""
        return self._info
