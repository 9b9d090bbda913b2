"""The modules of one process, as they meet each other."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import Final, cast
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Event, EventInfo, ModuleNotOpen, TochkaError, UnknownService
from tochka_plugins.host import StagedModule
from tochka_plugins.host.quarantine import reason_of
from tochka_plugins.neighbours import NEIGHBOURS, ServiceT

from tochka_core.db.narrowing import lent
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.encryption.sealed import place_of_sealed
from tochka_core.neighbours.errors import ModuleAway, ModuleFailed
from tochka_core.neighbours.event_catalog import EventCatalog, carried
from tochka_core.neighbours.service_catalog import LentSession, ServiceCatalog
from tochka_core.neighbours.venue import Venue
from tochka_core.registry.hook_run import HookFailed, run_hook

_log = structlog.get_logger(__name__)

PUBLISHED: Final = "tochka_event_published"

Witness = Callable[[AsyncSession, UUID, Event], Awaitable[None]]


class Neighbourhood:
    """All modules, and what they have to do with each other.

    A module that could not be started is told nothing, and that is logged: it would keep all
    tenants from what it would be told of.
    """

    def __init__(
        self,
        find_modules: Callable[[], Sequence[StagedModule]] = tuple,
        *,
        stopped: Collection[str] = frozenset(),
        hook_seconds: float,
        ring: EncryptionRing | None = None,
    ) -> None:
        """Meet what *find_modules* returns, in the order of dependencies, but for those *stopped*.

        They are found when it first matters. A hook of one of them takes no more than
        *hook_seconds*. What they keep as secrets *ring* encrypts; without it they keep none.
        """
        self._find_modules = find_modules
        self.stopped = stopped
        self._hook_seconds = hook_seconds
        self.witness: Witness | None = None
        """Is told of what modules tell before they are: for tests."""
        self.ring = ring or EncryptionRing(())

    @cached_property
    def modules(self) -> Sequence[StagedModule]:
        """The modules, in the order of dependencies."""
        return self._find_modules()

    @cached_property
    def events(self) -> EventCatalog:
        """What they may tell of."""
        return EventCatalog(self.modules)

    @cached_property
    def services(self) -> ServiceCatalog:
        """What they offer each other."""
        return ServiceCatalog(self.modules)

    @cached_property
    def listeners(self) -> Sequence[StagedModule]:
        """Those of them that want to know of events."""
        return [module for module in self.modules if module.hooks.implements(PUBLISHED)]

    def listeners_at(self, venue: Venue) -> Sequence[StagedModule]:
        """Return those that want to know of events, and are open in *venue*."""
        return [module for module in self.listeners if module.name in venue.opened]

    def find(self, name: str) -> StagedModule | None:
        """Return the module *name*, `None` where it is not here."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[str, StagedModule]:
        return {module.name: module for module in self.modules}

    def introduce(self, session: AsyncSession, module: str, venue: Venue) -> None:
        """Let *module*, which works in *session*, meet the others in *venue*."""
        session.info[NEIGHBOURS] = Met(self, module, venue)

    async def tell(
        self,
        module: StagedModule,
        hook: str,
        lending: AbstractAsyncContextManager[AsyncSession],
        venue: Venue,
        **arguments: object,
    ) -> None:
        """Run a *hook* of *module* in the session that *lending* gives.

        Raises:
            TochkaError: it refuses.
            ModuleFailed: it has failed.
        """
        if module.name in self.stopped:
            whose = str(venue.tenant.id)
            _log.warning("module not told", module=module.name, hook=hook, tenant=whose)
            return
        try:
            async with lending as own:
                self.introduce(own, module.name, venue)
                seconds, tenant = self._hook_seconds, venue.tenant
                await run_hook(
                    module, hook, hook_seconds=seconds, tenant=tenant, session=own, **arguments
                )
        except HookFailed as failure:
            if isinstance(failure.__cause__, TochkaError):
                raise failure.__cause__ from None
            _log.error("hook failed", module=module.name, hook=hook, reason=failure.reason)
            raise ModuleFailed(module.name) from failure
        except SQLAlchemyError as error:
            # What the hook has left to be written, or an error that it has swallowed.
            reason = reason_of(error, package=module.candidate.package)
            _log.error("hook failed", module=module.name, hook=hook, reason=reason)
            raise ModuleFailed(module.name) from error


class Met:
    """The other modules, as one of them meets them: what `tochka_plugins` calls its neighbours."""

    def __init__(self, neighbourhood: Neighbourhood, module: str, venue: Venue) -> None:
        """Let *module* meet the others in *venue*."""
        self._neighbourhood = neighbourhood
        self._module = module
        self._venue = venue

    async def publish(self, session: AsyncSession, event: Event) -> None:
        """Tell those that listen, in *session*'s transaction."""
        neighbourhood, venue = self._neighbourhood, self._venue
        neighbourhood.events.refuse_undeclared(event, module=self._module)
        told = carried(event)
        if neighbourhood.witness is not None:
            await neighbourhood.witness(session, venue.tenant.id, told)
        listeners = neighbourhood.listeners_at(venue)
        if not listeners:
            return
        deeper = venue.deeper()
        await session.flush()
        for module in listeners:
            lending = lent(session, venue.tenant.id)
            await neighbourhood.tell(module, PUBLISHED, lending, deeper, event=told)

    def known_events(self) -> Sequence[EventInfo]:
        """Return the events of the platform, and of the modules that are open."""
        return self._neighbourhood.events.list(self._venue.opened)

    def require_service(self, session: AsyncSession, kind: Callable[..., ServiceT]) -> ServiceT:
        """Return what one of them offers as *kind*, working in *session*."""
        offered = self._neighbourhood.services.find(kind, by=self._module)
        if offered is None:
            raise UnknownService(f"No module that {self._module} depends on offers {kind!r}.")
        if offered.module not in self._venue.opened:
            raise ModuleNotOpen(offered.module, self._venue.tenant.id)
        if offered.module in self._neighbourhood.stopped:
            raise ModuleAway(offered.module)
        own = Met(self._neighbourhood, offered.module, self._venue)
        return cast("ServiceT", offered.make(LentSession(session, own)))

    def find_service(self, session: AsyncSession, kind: Callable[..., ServiceT]) -> ServiceT | None:
        """Do the same, and return `None` where it is not open."""
        offered = self._neighbourhood.services.find(kind, by=self._module)
        if offered is None or offered.module not in self._venue.opened:
            return None
        return self.require_service(session, kind)

    def seal(self, secret: str, column: str, row_id: UUID) -> str:
        """Return what to keep of *secret* in the *column* of a row of the tenant."""
        place = place_of_sealed(self._venue.tenant.id, column, row_id)
        return self._neighbourhood.ring.encrypt(secret.encode(), place=place)

    def unseal(self, kept: str, column: str, row_id: UUID) -> str:
        """Return the secret that is *kept* there."""
        place = place_of_sealed(self._venue.tenant.id, column, row_id)
        return self._neighbourhood.ring.decrypt(kept, place=place).decode()
