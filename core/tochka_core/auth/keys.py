"""The keys that sign access tokens, as an operator writes them."""

import base64
import re
import secrets
from typing import Final, Literal, get_args

import msgspec

from tochka_core.errors import ConfigurationError

Algorithm = Literal["EdDSA", "HS256"]
"""HS256 is the faster one; with EdDSA others can check tokens who cannot issue any."""

KEY_BYTES: Final = 32
"""What Ed25519 takes for a seed, and the least that HS256 may have (RFC 7518, section 3.2)."""

_KID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_OF_SECRET: Final = "jwt_secret"  # noqa: S105 - the name of the setting
"""The name of the key that is `JWT_SECRET`; none of the others can have it."""


class SigningKey(msgspec.Struct, frozen=True):
    """One key: its name stands in each token that it has signed, and stands for one algorithm."""

    kid: str
    algorithm: Algorithm
    secret: bytes

    @classmethod
    def new(cls, algorithm: Algorithm) -> "SigningKey":
        """Return a key that nobody has."""
        return cls(secrets.token_hex(4), algorithm, secrets.token_bytes(KEY_BYTES))

    @classmethod
    def of_secret(cls, jwt_secret: str) -> "SigningKey":
        """Return the key that `JWT_SECRET` is."""
        return cls(_OF_SECRET, "HS256", jwt_secret.encode())

    @property
    def written(self) -> str:
        """The key as it stands in the setting."""
        written = base64.urlsafe_b64encode(self.secret).decode().rstrip("=")
        return f"{self.kid}:{self.algorithm}:{written}"

    def __repr__(self) -> str:
        """Show the name only."""
        return f"SigningKey({self.kid}, {self.algorithm})"


def read_signing_keys(text: str, *, variable: str) -> tuple[SigningKey, ...]:
    """Return the keys in *text*, which stand there by comma, the one that signs first.

    Raises:
        ConfigurationError: one of them is no key, or two have one name; the message names
            *variable* and shows no key.
    """
    keys: list[SigningKey] = []
    for number, written in enumerate(filter(None, map(str.strip, text.split(","))), 1):
        key = _find_key(written)
        if key is None:
            raise ConfigurationError(
                f"{variable}: key {number} is not written name:algorithm:key, or is too short;"
                " make one with: tochka keys new"
            )
        if any(other.kid == key.kid for other in keys):
            raise ConfigurationError(f"{variable}: two keys are called {key.kid}.")
        keys.append(key)
    return tuple(keys)


def _find_key(written: str) -> SigningKey | None:
    kid, _, rest = written.partition(":")
    name, _, encoded = rest.partition(":")
    algorithm = next((known for known in get_args(Algorithm) if known == name), None)
    secret = _find_bytes(encoded)
    if algorithm is None or secret is None or not _KID.fullmatch(kid):
        return None
    has_length = len(secret) == KEY_BYTES if algorithm == "EdDSA" else len(secret) >= KEY_BYTES
    return SigningKey(kid, algorithm, secret) if has_length else None


def _find_bytes(encoded: str) -> bytes | None:
    """Return what is *encoded* in base64url, with or without padding; `None` where nothing is."""
    unpadded = encoded.rstrip("=")
    try:
        return base64.b64decode(
            unpadded + "=" * (-len(unpadded) % 4), altchars=b"-_", validate=True
        )
    except ValueError:
        return None
