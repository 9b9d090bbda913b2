"""The keys of the ring, as an operator writes them."""

import hashlib
import re
import secrets
from typing import Final

import msgspec

from tochka_core.errors import ConfigurationError
from tochka_core.setting_refusals import items_of

KEY_BYTES: Final = 32
"""AES-256."""

NO_KEYS: Final = "TOCHKA_ENCRYPTION_KEYS is not set: no secret can be kept"
"""What an operator is told who may not know."""

_WRITTEN: Final = re.compile(rf"[0-9a-fA-F]{{{KEY_BYTES * 2}}}")


class EncryptionKey(msgspec.Struct, frozen=True):
    """One key, known by a name that is worked out of it: a name never means two keys."""

    secret: bytes

    @classmethod
    def new(cls) -> "EncryptionKey":
        """Return a key that nobody has."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @property
    def written(self) -> str:
        """The key as it stands in the setting."""
        return self.secret.hex()

    @property
    def name(self) -> str:
        """What stands before everything that the key has encrypted; it tells nothing of the key."""
        return hashlib.sha256(b"name of an encryption key" + self.secret).hexdigest()[:8]

    def __repr__(self) -> str:
        """Show the name only."""
        return f"EncryptionKey({self.name})"


def read_encryption_keys(text: str, *, variable: str) -> tuple[EncryptionKey, ...]:
    """Return the keys in *text*, which stand there by comma, the one that encrypts first.

    Raises:
        ConfigurationError: one of them is no key, or stands there twice; the message names
            *variable* and shows no key.
    """
    keys: list[EncryptionKey] = []
    for number, written in enumerate(items_of(text, variable=variable), 1):
        if not _WRITTEN.fullmatch(written):
            raise ConfigurationError(
                f"{variable}: key {number} is not {KEY_BYTES * 2} hexadecimal digits;"
                f" make one with: openssl rand -hex {KEY_BYTES}"
            )
        key = EncryptionKey(bytes.fromhex(written))
        if key in keys:
            raise ConfigurationError(f"{variable}: key {number} is there more than once.")
        keys.append(key)
    return tuple(keys)
