"""Password hashes: slow on purpose, so computed away from the event loop."""

import base64
import hashlib
import hmac
import os

import anyio
import bcrypt
from tochka_plugins import InvalidInput

MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 128
"""OWASP ASVS 5.0, 6.2.9 asks for at least 64."""


def check_password_rules(password: str) -> None:
    """Accept a new password.

    Raises:
        InvalidInput: it is too short or too long.
    """
    if len(password) < MIN_PASSWORD_CHARACTERS:
        message = f"A password has at least {MIN_PASSWORD_CHARACTERS} characters."
        raise InvalidInput(message, pointer="/password")
    if len(password) > MAX_PASSWORD_CHARACTERS:
        message = f"A password has at most {MAX_PASSWORD_CHARACTERS} characters."
        raise InvalidInput(message, pointer="/password")


class PasswordHasher:
    """Hashes and checks passwords, at most one a core at a time."""

    def __init__(self, *, cost: int, pepper: str) -> None:
        """Hash with 2 to the power of *cost* rounds, with *pepper* mixed in."""
        self._cost = cost
        self._pepper = pepper.encode()
        self._limiter = anyio.CapacityLimiter(os.cpu_count() or 1)
        self._decoy = bcrypt.hashpw(self._prepare("decoy"), bcrypt.gensalt(cost))

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        digest = await anyio.to_thread.run_sync(
            bcrypt.hashpw,
            self._prepare(password),
            bcrypt.gensalt(self._cost),
            limiter=self._limiter,
        )
        return digest.decode()

    async def verify(self, password: str, stored: str | None) -> bool:
        """Tell whether *password* belongs to the *stored* hash.

        `None` stands for a person who does not exist: never true, and just as slow.
        """
        digest = self._decoy if stored is None else stored.encode()
        matches = await anyio.to_thread.run_sync(
            bcrypt.checkpw, self._prepare(password), digest, limiter=self._limiter
        )
        return matches and stored is not None

    def _prepare(self, password: str) -> bytes:
        """Return 64 bytes for any password: bcrypt reads 72 at most, some letters take two."""
        digest = hmac.digest(self._pepper, password.encode(), hashlib.sha384)
        return base64.b64encode(digest)
