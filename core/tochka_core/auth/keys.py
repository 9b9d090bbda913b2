"""The keys that sign access tokens, as an operator writes them."""

import base64
import re
import secrets
from typing import Final, Literal, get_args

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tochka_core.errors import ConfigurationError
from tochka_core.setting_refusals import items_of

Algorithm = Literal["EdDSA", "HS256"]
"""HS256 is the faster one; with EdDSA others can check tokens who cannot issue any."""

ALGORITHMS: Final[tuple[Algorithm, ...]] = get_args(Algorithm)

KEY_BYTES: Final = 32
"""What Ed25519 takes for a seed, and the least that HS256 may have (RFC 7518, section 3.2)."""

_KID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_OF_SECRET: Final = "jwt_secret"  # noqa: S105 - the name of the setting
"""The name of the key that is `JWT_SECRET`; none of the others can have it."""

_PLACE_OF_SECRET: Final = "JWT_SECRET"  # noqa: S105 - as above
"""What stands for it among the others, where it is not to be the last."""


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

    @property
    def public_half(self) -> bytes:
        """What checks tokens of an EdDSA key, and signs none."""
        return Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()

    def __repr__(self) -> str:
        """Show the name only."""
        return f"SigningKey({self.kid}, {self.algorithm})"


def read_signing_keys(
    text: str, *, jwt_secret: str | None, variable: str
) -> tuple[SigningKey, ...]:
    """Return the keys in *text*, which stand there by comma, the one that signs first.

    *jwt_secret* is the last of them, unless `JWT_SECRET` in *text* gives it another place. It may
    be unset: there may be no key at all then.

    Raises:
        ConfigurationError: one of them is no key, or two have one name; the message names
            *variable* and shows no key.
    """
    of_secret = SigningKey.of_secret(jwt_secret or "")
    keys: list[SigningKey] = []
    for number, written in enumerate(items_of(text, variable=variable), 1):
        place = f"{variable}: key {number}"
        key = of_secret if written == _PLACE_OF_SECRET else _read_key(written, place)
        if any(other.kid == key.kid for other in keys):
            raise ConfigurationError(f"{place} has the name of one before it; give it another.")
        keys.append(key)
    if of_secret not in keys:
        keys.append(of_secret)
    return tuple(key for key in keys if key.secret)


def _read_key(written: str, place: str) -> SigningKey:
    """Return the key that is *written*; nothing of it is shown, as its parts may be mixed up."""
    kid, algorithm, encoded = _parts_of(written, place)
    if not _KID.fullmatch(kid):
        raise _wrong(place, "has a name of other than 1 to 64 letters, digits, dots and hyphens")
    if algorithm not in ALGORITHMS:
        raise _wrong(place, f"has another algorithm than {' and '.join(ALGORITHMS)}")
    secret = _find_bytes(encoded)
    if secret is None:
        raise _wrong(place, "is not in base64url, or a part of it is missing")
    if algorithm == "EdDSA" and len(secret) != KEY_BYTES:
        raise _wrong(place, f"has {len(secret)} bytes, where EdDSA takes {KEY_BYTES}")
    if len(secret) < KEY_BYTES:
        raise _wrong(place, f"has {len(secret)} bytes, where HS256 takes {KEY_BYTES} or more")
    return SigningKey(kid, ALGORITHMS[ALGORITHMS.index(algorithm)], secret)


def _parts_of(written: str, place: str) -> tuple[str, str, str]:
    match written.split(":"):
        case [kid, algorithm, encoded]:
            return kid, algorithm, encoded
    raise _wrong(place, "is not written name:algorithm:key")


def _wrong(place: str, problem: str) -> ConfigurationError:
    return ConfigurationError(f"{place} {problem}; make one with: tochka keys new")


def _find_bytes(encoded: str) -> bytes | None:
    """Return what is *encoded* in base64url, with or without padding; `None` where nothing is."""
    unpadded = encoded.rstrip("=")
    try:
        return base64.b64decode(
            unpadded + "=" * (-len(unpadded) % 4), altchars=b"-_", validate=True
        )
    except ValueError:
        return None
