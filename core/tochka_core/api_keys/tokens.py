"""API keys as services hold them: random, readable by nobody but who holds them.

    tk_9f86d081884c7d65_… (44 characters of base64url)

The part before the second underscore is public: it finds the key, and tells it from others in a
list. The rest is as random as a key can be, so a plain hash of it keeps it: there is nothing to
guess.
"""

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final

import msgspec

_MARK: Final = "tk_"
_PREFIX_BYTES: Final = 8
_SECRET_BYTES: Final = 33
"""A whole number of base64's groups, so that one secret has one spelling."""
_SHAPE: Final = re.compile(r"(?P<prefix>tk_[0-9a-f]{16})_(?P<secret>[A-Za-z0-9_-]{44})")
"""What else there is could be none: it is not looked for, and no column could hold a NUL."""


class KeyToken(msgspec.Struct, frozen=True):
    """An API key in its two parts."""

    prefix: str
    """Such as `tk_9f86d081884c7d65`; no secret."""
    secret: bytes

    @classmethod
    def new(cls) -> "KeyToken":
        """Return a key that nobody has."""
        prefix = _MARK + secrets.token_hex(_PREFIX_BYTES)
        return cls(prefix, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def find(cls, text: str) -> "KeyToken | None":
        """Return the key that *text* may be, `None` where it can be none."""
        parts = _SHAPE.fullmatch(text)
        if parts is None:
            return None
        return cls(parts["prefix"], base64.urlsafe_b64decode(parts["secret"]))

    @property
    def text(self) -> str:
        """The key as a service sends it."""
        return f"{self.prefix}_{base64.urlsafe_b64encode(self.secret).decode()}"

    @property
    def secret_hash(self) -> bytes:
        """What is kept of the secret."""
        return hashlib.sha256(self.secret).digest()

    def fits(self, secret_hash: bytes) -> bool:
        """Tell whether *secret_hash* was made of this key; how long that takes tells nothing."""
        return hmac.compare_digest(self.secret_hash, secret_hash)

    def __repr__(self) -> str:
        """Show nothing of the secret: it belongs in no log."""
        return f"KeyToken({self.prefix!r}, ***)"


def is_key(token: str) -> bool:
    """Tell whether a bearer token is meant to be an API key; no other kind begins so."""
    return token.startswith(_MARK)
