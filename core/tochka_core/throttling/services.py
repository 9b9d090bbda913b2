"""Taking tries.

A try is counted before what is tried is looked at, in a transaction of its own: however many are
made at once, on any number of workers, no more get through than are allowed.
"""

import hashlib
import math
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import TooManyRequests, Unavailable

from tochka_core.db import Database
from tochka_core.throttling.allowances import Allowance, Try
from tochka_core.throttling.statements import CLEAN, FIND_WAIT, PLAN_BY_INDEX, SUCCEED, TAKE

_log = structlog.get_logger(__name__)

TRIES_BETWEEN_CLEANINGS: Final = 20
ROWS_PER_CLEANING: Final = 200
"""More than the tries in between can have added, so the table shrinks to what is remembered."""


class TryCounter:
    """Counts tries by allowance and subject, and refuses those that come too soon."""

    def __init__(self, database: Database, *, secret: str) -> None:
        """Count in *database*; subjects are hashed with *secret* there, and need it to be found."""
        self._database = database
        self._key = hashlib.blake2b(secret.encode()).digest()
        self._takes = count(1)

    async def take(self, *tries: Try) -> None:
        """Count one try of each, or refuse, and then count none.

        It is counted, for all workers, when this returns. Who is refused again and again waits no
        longer for it.

        Raises:
            TooManyRequests: at least one of the subjects has to wait.
        """
        asked = self._asked(tries)
        async with self._database.platform_scope(reason="count a try") as session:
            taken, allowance, wait = (await session.execute(TAKE, asked)).one()
            if taken < len(asked["subjects"]):
                if wait is None:  # Somebody was faster; what they have left is seen by now.
                    found = (await session.execute(FIND_WAIT, asked)).one_or_none()
                    allowance, wait = found or (None, timedelta())
                _log.info("too many tries", allowance=allowance)
                raise TooManyRequests(
                    "There were too many tries; wait before the next one.",
                    retry_after_seconds=max(1, math.ceil(wait.total_seconds())),
                )
            if next(self._takes) % TRIES_BETWEEN_CLEANINGS == 0:
                # The last statements, and they wait for no row: nobody can wait in a circle.
                await session.execute(PLAN_BY_INDEX)
                await session.execute(CLEAN, {"rows": ROWS_PER_CLEANING})

    @asynccontextmanager
    async def counted(self, *tries: Try) -> AsyncIterator[None]:
        """Count one try of each around the block that looks at what is tried.

        Where the block raises `Unavailable`, nothing was looked at, and nothing stays counted.

        Raises:
            TooManyRequests: at least one of the subjects has to wait.
        """
        await self.take(*tries)
        try:
            yield
        except Unavailable:
            await self.take_back(*tries)
            raise

    async def take_back(self, *tries: Try) -> None:
        """Uncount one try of each, which was counted, and not looked at in the end."""
        async with self._database.platform_scope(reason="uncount a try") as session:
            await session.execute(SUCCEED, self._uncounted(tries, clears=False))

    async def succeed(self, session: AsyncSession, *tries: Try) -> None:
        """Take it back that these, which were counted, were tries: they were no guesses.

        Where the allowance says so, all the subject's tries are forgotten. It holds with the
        commit of *session*, a platform's.
        """
        await session.execute(SUCCEED, self._uncounted(tries, clears=True))

    def _asked(self, tries: Iterable[Try]) -> Mapping[str, Sequence[object]]:
        """Return the parameters for `TAKE`, one array a column."""
        rows = self._rows(tries)
        allowances = rows.values()
        return {
            "names": [name for name, _ in rows],
            "subjects": [subject for _, subject in rows],
            "free": [item.free_tries for item in allowances],
            "counted": [item.counted_tries for item in allowances],
            "first": [item.first_delay_seconds for item in allowances],
            "longest": [item.max_delay_seconds for item in allowances],
            "forget": [item.forget_seconds for item in allowances],
        }

    def _uncounted(self, tries: Iterable[Try], *, clears: bool) -> Sequence[Mapping[str, object]]:
        """Return the parameters for `SUCCEED`, once for each row."""
        return [
            {
                "name": name,
                "subject": subject,
                "forget": item.forget_seconds,
                "clears": clears and item.is_cleared_by_success,
            }
            for (name, subject), item in self._rows(tries).items()
        ]

    def _rows(self, tries: Iterable[Try]) -> Mapping[tuple[str, bytes], Allowance]:
        """Return the allowances by the keys of their rows, in the order that all lock them in."""
        hashed = {(item.name, self._hash(item, subject)): item for item, subject in tries}
        return dict(sorted(hashed.items()))

    def _hash(self, allowance: Allowance, subject: str) -> bytes:
        said = f"{allowance.name}\0{subject}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(said, key=self._key, digest_size=32).digest()
