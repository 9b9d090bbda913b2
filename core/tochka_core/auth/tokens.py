"""Access tokens: signed claims about who makes a request, valid for minutes."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tochka_plugins import NotAuthenticated

from tochka_core.auth.keys import Algorithm, SigningKey

ISSUER: Final = "tochka-rosta"
AUDIENCE: Final = "tochka-rosta-api"

MAX_VERIFIED: Final = 10_000
"""How many tokens a worker remembers to have verified; the ones it has known longest go first."""

_SIGNATURES: Final[Mapping[Algorithm, str]] = {
    "EdDSA": "[A-Za-z0-9_-]{85}[AQgw]",
    "HS256": "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]",
}
"""64 and 32 bytes in base64url, where the last character stands for fewer bits than it has."""

_UNREADABLE: Final = (
    *(jwt.PyJWTError, msgspec.ValidationError),
    *(ValueError, TypeError, ArithmeticError, RecursionError),
)
"""Also what PyJWT lets through from hostile tokens: infinite times, headers nested without end."""


class AccessToken(msgspec.Struct, frozen=True):
    """A token that was just issued."""

    text: str
    expires_in: int
    """Seconds."""

    def __repr__(self) -> str:
        """Show nothing of the token: it belongs in no log."""
        return f"AccessToken(***, expires_in={self.expires_in})"


class Claims(msgspec.Struct, frozen=True):
    """What a token says; whether the session still lives it does not."""

    user_id: UUID = msgspec.field(name="sub")
    session_id: UUID = msgspec.field(name="sid")
    type: Literal["access"] = msgspec.field(name="typ")
    expires_at: int = msgspec.field(name="exp")
    """In seconds since 1970."""


class AccessTokens:
    """Issues and reads access tokens (RFC 7519)."""

    def __init__(self, keys: Sequence[SigningKey], *, lifetime_seconds: int) -> None:
        """Sign with the first of *keys*, read what any has signed, for *lifetime_seconds* each."""
        ring = [_Key(key) for key in keys]
        self._signing = ring[0]
        self._by_header = {key.header: key for key in ring}
        self._verified: dict[str, Claims] = {}
        self.lifetime_seconds = lifetime_seconds

    def issue(self, user_id: UUID, session_id: UUID, *, until: datetime) -> AccessToken:
        """Return a token for a person in a session; it does not outlive *until*."""
        now = datetime.now(UTC)
        left = int((until - now).total_seconds())
        seconds = min(self.lifetime_seconds, left)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "typ": "access",
            "jti": uuid4().hex,
            "iat": now,
            "exp": now + timedelta(seconds=seconds),
        }
        return AccessToken(self._signing.sign(claims), seconds)

    def read(self, token: str) -> Claims:
        """Return whom *token* was issued to, and in which session.

        The signature of one that comes again is not verified again.

        Raises:
            NotAuthenticated: it is malformed, expired, or not one of ours.
        """
        known = self._verified.get(token)
        if known is not None and known.expires_at > time():
            return known
        claims = self._verify(token)
        self._verified[token] = claims
        if len(self._verified) > MAX_VERIFIED:
            del self._verified[next(iter(self._verified))]
        return claims

    def _verify(self, token: str) -> Claims:
        try:
            key = self._by_header[token.partition(".")[0]]
            if not key.form.fullmatch(token):
                raise ValueError
            claims = jwt.decode(
                token,
                key.verifying,
                algorithms=[key.algorithm],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "sid", "typ"]},
            )
            return msgspec.convert(claims, Claims)
        except jwt.ExpiredSignatureError as error:
            raise NotAuthenticated("The access token has expired; sign in again.") from error
        except (KeyError, *_UNREADABLE) as error:
            raise NotAuthenticated("The access token is not valid.") from error


class _Key:
    """A key that is ready for use.

    All tokens that it signs begin alike, with a header of its name and algorithm and nothing else.
    Others are not even parsed: an algorithm, a name or a key of somebody else's choosing has no
    place to stand (RFC 8725, sections 3.1 and 3.10).
    """

    def __init__(self, key: SigningKey) -> None:
        self._kid = key.kid
        self._signing: Any = key.secret
        self.algorithm = key.algorithm
        self.verifying: Any = key.secret
        if key.algorithm == "EdDSA":
            self._signing = Ed25519PrivateKey.from_private_bytes(key.secret)
            self.verifying = self._signing.public_key()
        self.header = self.sign({}).partition(".")[0]
        self.form = re.compile(rf"{self.header}\.[A-Za-z0-9_-]+\.{_SIGNATURES[key.algorithm]}")
        """How its tokens are written; base64 has other ways, which the decoder lets pass."""

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(
            claims, self._signing, algorithm=self.algorithm, headers={"kid": self._kid}
        )
