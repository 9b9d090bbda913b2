"""What a test gets of the stage."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from functools import cached_property, partial
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Event, Message, Platform
from tochka_plugins.testing import Tochka
from tochka_plugins.testing.processes import finish, start_tochka
from tochka_plugins.testing.signing_in import SignedIn

from tochka_core.access.cache import Cache
from tochka_core.db import Database
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.registry.module_door import ModuleDoor
from tochka_core.testing.clock import MovedClock, set_clock
from tochka_core.testing.hearing import read
from tochka_core.testing.stage import Stage


class StagedPlatform(Tochka):
    """The stage, as one test sees it."""

    def __init__(self, stage: Stage) -> None:
        """Show *stage*, which is clean."""
        super().__init__(base_url="http://tochka.test", transport=stage.transport)
        self.default_modules = stage.modules
        self.clock = self._moved = MovedClock(self._set_clock)
        self._stage = stage
        self._database = KnownDatabase(stage)

    def messages(self, phone: str | None = None) -> Sequence[Message]:
        """Return what was sent to phones, or to one."""
        self._stage.settle()
        return [item for item in self._stage.messages if phone in {None, item.phone}]

    def events(self, tenant: str | None = None) -> Sequence[Event]:
        """Return what modules have told."""
        self._stage.settle()
        tenant_id = None if tenant is None else self._tenant(tenant).id
        shared = self._stage.shared
        return self._stage.portal.call(read, shared.database, shared.modules, tenant_id)

    def door(self, module: str | None = None) -> Platform:
        """Return what a module gets in `tochka_startup`."""
        # A cache of its own, which does not listen: nothing is kept in it.
        doors = replace(self._stage.shared.doors, cache=Cache(self._database))
        return ModuleDoor(doors, module or self._stage.modules[0])

    def tenant_scope(self, tenant_id: UUID) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees and writes the rows of one tenant."""
        return self._database.tenant_scope(tenant_id)

    def platform_scope(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees the rows of all tenants."""
        return self._database.platform_scope(reason="test")

    def run_command(self, *words: str) -> str:
        """Run a command of `tochka` on the same database; return what it prints."""
        environ = self._stage.environ
        return finish(start_tochka(*words, settings=environ, folder=self._stage.folder))

    def restore(self) -> None:
        """Leave nothing that the next test's own fixtures would meet."""
        self._moved.restore()
        self._clients.close()

    @cached_property
    def _master(self) -> SignedIn:
        master = self._stage.master
        return SignedIn(partial(self._sign_in, master.phone, master.password), master.token)

    def _set_clock(self, moment: datetime | None) -> None:
        async def move() -> None:
            async with maintenance_engine(self._stage.scratch.url) as engine:
                await set_clock(engine, moment)

        self._stage.portal.call(move)


class KnownDatabase(Database):
    """The database; what a test has changed in it is known to the application afterwards."""

    def __init__(self, stage: Stage) -> None:
        """Open a connection for each transaction: a test has an event loop of its own."""
        super().__init__(stage.scratch.url, pool_size=0)
        self._stage = stage

    @asynccontextmanager
    async def tenant_scope(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees and writes the rows of one tenant only."""
        async with super().tenant_scope(tenant_id) as session:
            yield session
        await self._stage.catch_up()

    @asynccontextmanager
    async def platform_scope(self, *, reason: str) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees the rows of all tenants."""
        async with super().platform_scope(reason=reason) as session:
            yield session
        await self._stage.catch_up()
