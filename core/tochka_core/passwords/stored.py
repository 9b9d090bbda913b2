"""Hashes as they are stored, and which password each of them belongs to.

    $hmac-sha384$2b$12$…                  bcrypt of base64(hmac-sha384(password, ""))
    $hmac-sha384+pepper:5d1e90c7$2b$12$…  the same with the pepper of this name as the key
    $hmac-sha384+pepper$2b$12$…           the same of a pepper that is not named
    $2b$12$…                              bcrypt of the password, which another system has made

Anything else belongs to no password; `!` is written where somebody has none.
"""

import base64
import hashlib
import hmac
import re
from typing import Final

import bcrypt
import msgspec

from tochka_core.passwords.peppers import name_of_pepper
from tochka_core.passwords.rules import normalize_password

LEAST_COST: Final = 4
"""bcrypt's own."""
GREATEST_COST: Final = 16
"""Takes three seconds. A costlier hash, such as one of 31, which takes a day, is never tried."""

NO_PASSWORD: Final = "!"  # noqa: S105 - the opposite of one
"""Stored for somebody who has not chosen a password yet."""

PLAIN: Final = ""
UNPEPPERED: Final = "$hmac-sha384"
PEPPERED: Final = "$hmac-sha384+pepper"

_BCRYPT_BYTES: Final = 72
"""Where bcrypt stops to read; version 5 of the library raises, those before it cut."""

_STORED: Final = re.compile(
    r"(?P<scheme>|\$hmac-sha384(\+pepper(:[0-9a-f]{8})?)?)"
    r"(?P<digest>\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53})"
)


class StoredHash(msgspec.Struct, frozen=True):
    """A hash that some password may belong to."""

    scheme: str
    """What was done to the password before bcrypt, and with which pepper."""
    cost: int
    """The logarithm of the rounds."""
    digest: bytes
    """What bcrypt has made."""

    def __str__(self) -> str:
        """Return the text that is stored."""
        return f"{self.scheme}{self.digest.decode()}"

    def fits(self, password: str, *, pepper: bytes) -> bool:
        """Tell whether *password* belongs to the hash. Takes 2 to the power of `cost` rounds."""
        text = prepare(password, self.scheme, pepper=pepper)
        return bcrypt.checkpw(text, self.digest)


def read_stored(text: str) -> StoredHash | None:
    """Return the hash that *text* is, `None` where no password belongs to it."""
    found = _STORED.fullmatch(text)
    if found is None or not LEAST_COST <= int(found["cost"]) <= GREATEST_COST:
        return None
    return StoredHash(found["scheme"], int(found["cost"]), found["digest"].encode())


def make_stored(password: str, *, pepper: bytes, cost: int) -> StoredHash:
    """Return the hash to store. Takes 2 to the power of *cost* rounds."""
    scheme = scheme_of(pepper)
    digest = bcrypt.hashpw(prepare(password, scheme, pepper=pepper), bcrypt.gensalt(cost))
    return StoredHash(scheme, cost, digest)


def scheme_of(pepper: bytes) -> str:
    """Return how new hashes are made."""
    return f"{PEPPERED}:{name_of_pepper(pepper)}" if pepper else UNPEPPERED


def prepare(password: str, scheme: str, *, pepper: bytes) -> bytes:
    """Return what bcrypt reads of *password*.

    The schemes of our own give it 64 bytes for any password, as it reads 72 at most and some
    letters take two. The plain one cuts, as those did who made these hashes.
    """
    if scheme == PLAIN:
        return password.encode()[:_BCRYPT_BYTES]
    key = pepper if scheme.startswith(PEPPERED) else b""
    digest = hmac.digest(key, normalize_password(password).encode(), hashlib.sha384)
    return base64.b64encode(digest)
