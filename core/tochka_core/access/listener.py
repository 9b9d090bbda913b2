"""The connection on which a worker hears of changes.

It goes to the server itself: a pooler in transaction mode gives the next transaction to another
connection, and what is told would reach nobody. The driver is used through the one that SQLAlchemy
has opened, and has no transaction open, in which nothing would be heard.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog
from sqlalchemy import URL, NullPool
from sqlalchemy.ext.asyncio import create_async_engine
from tochka_migrations.changes import CHANNEL

from tochka_core.access.cache import Cache
from tochka_core.backoff import Backoff

APPLICATION_NAME: Final = "tochka-rosta listener"
"""How the server's `pg_stat_activity` shows the connection."""

_HEARTBEAT_SECONDS: Final = 2.0
"""How often a connection that says nothing is tried."""

_PATIENCE_SECONDS: Final = 2.0
"""How long an answer may take; after that the connection counts as lost."""

_CONNECT_SECONDS: Final = 10.0

_log = structlog.get_logger(__name__)


class Listener:
    """Makes a cache forget what has changed, and bypasses it while it cannot hear of changes."""

    def __init__(self, url: URL, cache: Cache) -> None:
        """Listen at *url*, which leads past a pooler."""
        self._url = url
        self._cache = cache
        self._driver: Any = None
        self._turn = asyncio.Lock()
        self._coming: asyncio.Task[None] | None = None
        """The next round trip, which has not begun."""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen inside the block, and try again and again where that fails.

        The block is entered when it was tried once.
        """
        has_tried = asyncio.Event()
        task = asyncio.create_task(self._keep_listening(has_tried))
        try:
            await has_tried.wait()
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def catch_up(self) -> None:
        """Return when what was committed before, by whomever, is known to have changed here.

        PostgreSQL signals a listening session before it confirms the commit, and sends what there
        is to tell before it says that it is ready for more. Who comes while one round trip is made
        shares the next one with all who wait.
        """
        if self._coming is None:
            self._coming = asyncio.create_task(self._ask())
        # Whoever gives up must not leave the connection with half of an answer.
        await asyncio.shield(self._coming)

    async def _ask(self) -> None:
        async with self._turn:
            self._coming = None
            driver = self._driver
            if driver is None or driver.is_closed():
                return
            answer = asyncio.ensure_future(driver.execute("SELECT"))
            await asyncio.wait([answer], timeout=_PATIENCE_SECONDS)
            if not answer.done() or answer.exception() is not None:
                _log.warning("listener gets no answer")
                driver.terminate()
                await asyncio.gather(answer, return_exceptions=True)

    async def _keep_listening(self, has_tried: asyncio.Event) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._listen(has_tried, backoff)
                _log.warning("listener lost", cache="bypassed")
            except Exception as error:  # noqa: BLE001 - the driver's own errors are not to be named
                _log.warning("listener not connected", error=type(error).__name__, cache="bypassed")
            has_tried.set()
            await asyncio.sleep(backoff.next_seconds())

    async def _listen(self, has_tried: asyncio.Event, backoff: Backoff) -> None:
        """Listen until the connection is lost."""
        is_lost = asyncio.Event()

        def lose(_connection: object) -> None:
            self._cache.bypass()
            is_lost.set()

        async with self._connected() as driver:
            driver.add_termination_listener(lose)
            await driver.add_listener(CHANNEL, self._hear)
            if driver.is_closed():
                return
            self._driver = driver
            self._cache.begin()
            try:
                backoff.reset()
                has_tried.set()
                _log.info("listening to changes")
                while not is_lost.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(is_lost.wait(), _HEARTBEAT_SECONDS)
                    await self.catch_up()
            finally:
                self._cache.bypass()
                async with self._turn:
                    self._driver = None

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        """Yield the driver's connection."""
        engine = create_async_engine(
            self._url,
            poolclass=NullPool,
            connect_args={
                "timeout": _CONNECT_SECONDS,
                "server_settings": {"application_name": APPLICATION_NAME},
            },
        )
        async with engine.connect() as connection:
            yield (await connection.get_raw_connection()).driver_connection

    def _hear(self, _connection: object, _pid: int, _channel: str, message: str) -> None:
        kind, _, subject = message.partition(" ")
        self._cache.forget(kind, subject)
