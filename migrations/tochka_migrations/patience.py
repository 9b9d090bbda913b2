"""Trying again what other sessions have kept from a lock."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import msgspec
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCK_NOT_AVAILABLE: Final = "55P03"
_DEADLOCK_DETECTED: Final = "40P01"


class Patience(msgspec.Struct, frozen=True):
    """How long a schema's transaction waits for others, and how often it is tried."""

    lock_timeout_seconds: float = 4.0
    """A revision that waits longer for a table would make every later request queue behind it."""
    pauses_seconds: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """After the first try, after the second, and so on; the last try comes after the last one."""


DEFAULT_PATIENCE: Final = Patience()


class StillLocked(RuntimeError):
    """Others have kept a statement from its lock in every try."""

    def __init__(self, statement: str | None, tries: int) -> None:
        self.statement = " ".join((statement or "COMMIT").split())
        super().__init__(
            f"tried {tries} times, and other sessions still held a lock that was needed by:"
            f" {self.statement}"
        )


async def attempt_patiently(
    transaction: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
    patience: Patience,
    work: Callable[[Connection], None],
) -> None:
    """Do *work* in a transaction of its own, again where others hold a lock that it needs.

    Raises:
        StillLocked: the last try has failed for that reason too.
        Exception: whatever else *work* raises, at once.
    """
    timeout = f"SET LOCAL lock_timeout = '{patience.lock_timeout_seconds * 1000:.0f}ms'"

    async def once() -> None:
        async with transaction() as connection:
            await connection.execute(text(timeout))
            await connection.run_sync(work)

    await try_patiently(once, patience)


async def try_patiently(work: Callable[[], Awaitable[None]], patience: Patience) -> None:
    """Do *work*, and do it again where others held a lock; each try leaves nothing behind.

    Raises:
        StillLocked: the last try has failed for that reason too.
        Exception: whatever else *work* raises, at once.
    """
    for pause_seconds in patience.pauses_seconds:
        try:
            return await work()
        except DBAPIError as error:
            if not _is_about_locks(error):
                raise
        await asyncio.sleep(pause_seconds)
    try:
        await work()
    except DBAPIError as error:
        if not _is_about_locks(error):
            raise
        tries = len(patience.pauses_seconds) + 1
        # With the place in the revision, which is what its author looks for.
        raise StillLocked(error.statement, tries).with_traceback(error.__traceback__) from error


def _is_about_locks(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED}
