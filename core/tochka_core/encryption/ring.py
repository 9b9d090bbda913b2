"""Encrypting with the newest key, decrypting with all of them."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tochka_plugins import Unavailable

from tochka_core.encryption.keys import EncryptionKey

_NONCE_BYTES: Final = 12
"""Random ones of this length do for 2^32 secrets under one key (NIST SP 800-38D, section 8.3)."""

_log = structlog.get_logger(__name__)


class NoEncryptionKeys(Unavailable):
    """Something has to be encrypted, and the operator has set no key."""

    def __init__(self) -> None:
        """Name the setting: the operator may be the one who asks."""
        super().__init__(
            "This keeps a secret, and the installation has no TOCHKA_ENCRYPTION_KEYS to keep it"
            " with; ask its operator.",
            retry_after_seconds=3600,
        )


class SecretUnreadable(Unavailable):
    """What was encrypted cannot be read: its key is gone, or it was altered or moved.

    The log tells the operator which.
    """

    def __init__(self) -> None:
        """Tell no more than that: the client cannot mend it."""
        super().__init__(
            "The installation cannot read a secret that it keeps; ask its operator.",
            retry_after_seconds=3600,
        )


class EncryptionRing:
    """Encrypts secrets and binds each to the place where it is kept.

    AES-256-GCM; the place is authenticated with it. So a row that is copied to another person, or a
    value to another column, does not decrypt.
    """

    def __init__(self, keys: Sequence[EncryptionKey]) -> None:
        """Encrypt with the first of *keys*, decrypt with all; without any, do neither."""
        self._ciphers = {key.name: AESGCM(key.secret) for key in keys}
        self._newest = keys[0].name if keys else None

    def encrypt(self, secret: bytes, *, place: str) -> str:
        """Return what to keep at *place*, which nothing else may have, such as `totp <person>`.

        It is text: the name of the key, a dot, and base64url.

        Raises:
            NoEncryptionKeys: the operator has set none.
        """
        if self._newest is None:
            raise NoEncryptionKeys
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, secret, place.encode())
        return f"{self._newest}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def decrypt(self, kept: str, *, place: str) -> bytes:
        """Return the secret that is *kept* at *place*.

        Raises:
            SecretUnreadable: its key is not in the ring, or it belongs elsewhere or was altered.
        """
        name, _, written = kept.partition(".")
        cipher = self._ciphers.get(name)
        if cipher is None:
            reason = "TOCHKA_ENCRYPTION_KEYS lacks its key"
            _log.error("secret unreadable", reason=reason, key=name[:8], place=place)
            raise SecretUnreadable
        try:
            sealed = base64.b64decode(written, altchars=b"-_", validate=True)
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError, binascii.Error) as error:
            _log.error("secret unreadable", reason="it was altered or moved", key=name, place=place)
            raise SecretUnreadable from error

    def is_outdated(self, kept: str) -> bool:
        """Tell whether another key than the first has encrypted this: the next writer renews it."""
        return kept.partition(".")[0] != self._newest
