"""Password hashes: slow on purpose, so computed away from the event loop."""

import asyncio
import base64
import hashlib
import hmac
import os
import unicodedata
from collections.abc import Callable
from typing import TypeVar

import anyio
import bcrypt
from tochka_plugins import InvalidInput, Unavailable

Computed = TypeVar("Computed")

MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 128
"""OWASP ASVS 5.0, 6.2.9 asks for at least 64."""

MAX_WAITING_PER_CORE = 20
"""At a fifth of a second each, who comes last waits about as long as `MAX_WAIT_SECONDS` allows."""
MAX_WAIT_SECONDS = 5.0
"""Longer than that, people try again, and the queue would be full of those who have gone."""


def check_password_rules(password: str) -> None:
    """Accept a new password.

    Raises:
        InvalidInput: it is too short or too long.
    """
    password = normalize_password(password)
    if len(password) < MIN_PASSWORD_CHARACTERS:
        message = f"A password has at least {MIN_PASSWORD_CHARACTERS} characters."
        raise InvalidInput(message, pointer="/password")
    if len(password) > MAX_PASSWORD_CHARACTERS:
        message = f"A password has at most {MAX_PASSWORD_CHARACTERS} characters."
        raise InvalidInput(message, pointer="/password")


def normalize_password(password: str) -> str:
    """Return the one form (NFC) of a password that keyboards may compose or decompose."""
    return unicodedata.normalize("NFC", password)


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
        at_once = at_once or os.cpu_count() or 1
        self._limiter = anyio.CapacityLimiter(at_once)
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._max_waiting = at_once * MAX_WAITING_PER_CORE if max_waiting is None else max_waiting
        self._max_wait_seconds = max_wait_seconds
        self._decoy = bcrypt.hashpw(self._prepare("decoy"), bcrypt.gensalt(cost))

    async def hash(self, password: str) -> str:
        """Return the hash to store.

        Raises:
            TooManyPasswords: too many are waiting, or it has waited too long.
        """
        prepared, salt = self._prepare(password), bcrypt.gensalt(self._cost)
        return (await self._in_turn(bcrypt.hashpw, prepared, salt)).decode()

    async def verify(self, password: str, stored: str | None) -> bool:
        """Tell whether *password* belongs to the *stored* hash.

        `None` stands for a person who does not exist: never true, and just as slow.

        Raises:
            TooManyPasswords: too many are waiting, or it has waited too long.
        """
        digest = self._decoy if stored is None else stored.encode()
        matches = await self._in_turn(bcrypt.checkpw, self._prepare(password), digest)
        return matches and stored is not None

    async def _in_turn(
        self, compute: Callable[[bytes, bytes], Computed], first: bytes, second: bytes
    ) -> Computed:
        """Return what *compute* makes of its arguments, in a thread, when it is its turn."""
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
            return await anyio.to_thread.run_sync(compute, first, second, limiter=self._limiter)
        finally:
            self._turns.release()

    def _prepare(self, password: str) -> bytes:
        """Return 64 bytes for any password: bcrypt reads 72 at most, some letters take two."""
        text = normalize_password(password).encode()
        digest = hmac.digest(self._pepper, text, hashlib.sha384)
        return base64.b64encode(digest)
