"""Another moment, in Python and in the database alike."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tochka_plugins.testing import Clock

_CLOCK: Final = (
    "CREATE OR REPLACE FUNCTION tochka.clock() RETURNS timestamptz LANGUAGE sql STABLE"
    " PARALLEL SAFE AS '{}'"
)


async def set_clock(engine: AsyncEngine, moment: datetime | None) -> None:
    """Let the database decide as of *moment*, or as of now again."""
    said = "SELECT now()" if moment is None else f"SELECT timestamptz ''{moment.isoformat()}''"
    async with engine.begin() as connection:
        await connection.execute(text(_CLOCK.format(said)))


class MovedClock(Clock):
    """A clock that a test may move; what waits goes by another."""

    def __init__(self, set_database: Callable[[datetime | None], None]) -> None:
        """Move that of the database by *set_database*."""
        self._set_database = set_database
        self._travel: time_machine.travel | None = None

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(UTC)

    def set(self, moment: datetime) -> None:
        """Let it be *moment*, and no later, until it is moved again."""
        self._stop()
        self._travel = time_machine.travel(moment, tick=False)
        self._travel.start()
        self._set_database(moment)

    def move(self, by: timedelta) -> None:
        """Let it be so much later, and no later, until it is moved again."""
        self.set(self.now() + by)

    def restore(self) -> None:
        """Let it be as late as it is."""
        if self._travel is not None:
            self._stop()
            self._set_database(None)

    def _stop(self) -> None:
        if self._travel is not None:
            self._travel.stop()
            self._travel = None
