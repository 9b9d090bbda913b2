"""Refresh tokens: random, readable by nobody but who holds them.

    base64url(16 bytes that all tokens of a session share ‖ 32 bytes that are this one's own)

Both are as random as a key, so a plain hash of them keeps them: there is nothing to guess.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final

import msgspec

_FAMILY_BYTES: Final = 16
_SECRET_BYTES: Final = 32
_TEXT_LENGTH: Final = 64


class RefreshToken(msgspec.Struct, frozen=True):
    """A refresh token in its two parts."""

    family: bytes
    secret: bytes

    @classmethod
    def new(cls) -> "RefreshToken":
        """Return the first token of a new session."""
        return cls(secrets.token_bytes(_FAMILY_BYTES), secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def find(cls, text: str) -> "RefreshToken | None":
        """Return the token that *text* may be, `None` where it can be none."""
        if len(text) != _TEXT_LENGTH or not text.isascii():
            return None
        try:
            token = base64.b64decode(text, altchars=b"-_", validate=True)
        except ValueError:
            return None
        return cls(token[:_FAMILY_BYTES], token[_FAMILY_BYTES:])

    def successor(self) -> "RefreshToken":
        """Return a new token of the same session."""
        return RefreshToken(self.family, secrets.token_bytes(_SECRET_BYTES))

    @property
    def text(self) -> str:
        """The token as a client keeps it."""
        return base64.urlsafe_b64encode(self.family + self.secret).decode()

    @property
    def family_hash(self) -> bytes:
        """What finds the session of the token."""
        return hashlib.sha256(self.family).digest()

    @property
    def secret_hash(self) -> bytes:
        """What tells this token from the others of its session."""
        return hashlib.sha256(self.secret).digest()

    def veil(self, successor: "RefreshToken") -> bytes:
        """Return the secret of *successor* so that only who has this token can read it."""
        return _exclusive_or(successor.secret, self._pad())

    def unveil(self, veiled: bytes) -> "RefreshToken":
        """Return the successor that this token has veiled."""
        return RefreshToken(self.family, _exclusive_or(veiled, self._pad()))

    def __repr__(self) -> str:
        """Show nothing: it belongs in no log."""
        return "RefreshToken(***)"

    def _pad(self) -> bytes:
        """Return as many bytes as a secret has, which nobody knows without this one."""
        return hmac.digest(self.secret, b"successor", hashlib.sha256)


def _exclusive_or(first: bytes, second: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(first, second, strict=True))
