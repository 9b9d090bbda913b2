"""Password hashes: slow on purpose, so computed away from the event loop."""

import asyncio
import os
from collections.abc import Callable
from typing import TypeVar

import anyio
import bcrypt
from tochka_plugins import Unavailable

from tochka_core.passwords.stored import StoredHash, make_stored, read_stored, scheme_of

Computed = TypeVar("Computed")

MAX_WAITING_PER_CORE = 20
"""At a fifth of a second each, who comes last waits about as long as `MAX_WAIT_SECONDS` allows."""
MAX_WAIT_SECONDS = 5.0
"""Longer than that, people try again, and the queue would be full of those who have gone."""


class TooManyPasswords(Unavailable):
    """More people sign in at once than their passwords can be checked."""

    def __init__(self) -> None:
        """Ask the client to come back in a few seconds."""
        super().__init__("Too many people are signing in.", retry_after_seconds=5)


class PasswordHasher:
    """Hashes and checks passwords, a few at a time; a few wait, and the others are refused.

    Each takes a fifth of a second of a core, and anyone may ask for it.
    """

    def __init__(
        self,
        *,
        cost: int,
        pepper: str,
        at_once: int | None = None,
        max_waiting: int | None = None,
        max_wait_seconds: float = MAX_WAIT_SECONDS,
    ) -> None:
        """Hash with 2 to the power of *cost* rounds, with *pepper* mixed in.

        *at_once* is one for each core unless told, *max_waiting* 20 for each of them.
        """
        self._cost = cost
        self._pepper = pepper.encode()
        self._scheme = scheme_of(self._pepper)
        at_once = at_once or os.cpu_count() or 1
        self._limiter = anyio.CapacityLimiter(at_once)
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._max_waiting = at_once * MAX_WAITING_PER_CORE if max_waiting is None else max_waiting
        self._max_wait_seconds = max_wait_seconds

    async def hash(self, password: str) -> str:
        """Return the hash to store.

        Raises:
            TooManyPasswords: too many are waiting, or it has waited too long.
        """
        return await self._in_turn(
            lambda: str(make_stored(password, pepper=self._pepper, cost=self._cost))
        )

    async def verify(self, password: str, stored: str | None, *, costliest: int = 0) -> bool:
        """Tell whether *password* belongs to the *stored* hash.

        `None` stands for a person who does not exist: never true, and just as slow. So is a hash
        that is cheaper than others: it takes as long as one of the cost *costliest*, that of the
        costliest hash there is, or of the present cost where that is higher.

        Raises:
            TooManyPasswords: too many are waiting, or it has waited too long.
        """
        known = None if stored is None else read_stored(stored)
        work = max(self._cost, costliest)
        return await self._in_turn(lambda: _verify(password, known, pepper=self._pepper, work=work))

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a *stored* hash is made otherwise, or at another cost, than new ones."""
        known = read_stored(stored)
        wanted = (self._scheme, self._cost)
        return known is not None and (known.scheme, known.cost) != wanted

    async def _in_turn(self, compute: Callable[[], Computed]) -> Computed:
        """Return what *compute* returns, in a thread, when it is its turn."""
        if self._turns.locked() and self._waiting >= self._max_waiting:
            raise TooManyPasswords
        self._waiting += 1
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise TooManyPasswords from None
        finally:
            self._waiting -= 1
        try:
            return await anyio.to_thread.run_sync(compute, limiter=self._limiter)
        finally:
            self._turns.release()


def _verify(password: str, known: StoredHash | None, *, pepper: bytes, work: int) -> bool:
    """Tell whether *password* belongs to *known*, after 2 to the power of *work* rounds in all."""
    if known is None:
        _spend(work)
        return False
    fits = known.fits(password, pepper=pepper)
    # 2^c + (2^c + 2^(c+1) + … + 2^(w-1)) = 2^w
    for cost in range(known.cost, work):
        _spend(cost)
    return fits


def _spend(cost: int) -> None:
    bcrypt.hashpw(b"", bcrypt.gensalt(cost))
