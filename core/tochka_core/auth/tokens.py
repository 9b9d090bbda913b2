"""Access tokens: signed claims about who makes a request, valid for minutes."""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid4

import jwt
import msgspec
from tochka_plugins import NotAuthenticated

ISSUER: Final = "tochka-rosta"
AUDIENCE: Final = "tochka-rosta-api"
ALGORITHM: Final = "HS256"

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


class AccessTokens:
    """Issues and reads access tokens (RFC 7519)."""

    def __init__(self, *, secret: str, lifetime_seconds: int) -> None:
        """Sign with *secret*; a token is valid for *lifetime_seconds*."""
        self._secret = secret
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
        return AccessToken(jwt.encode(claims, self._secret, algorithm=ALGORITHM), seconds)

    def read(self, token: str) -> Claims:
        """Return whom *token* was issued to, and in which session.

        Raises:
            NotAuthenticated: it is malformed, expired, or not one of ours.
        """
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "sid", "typ"]},
            )
            return msgspec.convert(claims, Claims)
        except jwt.ExpiredSignatureError as error:
            raise NotAuthenticated("The access token has expired; sign in again.") from error
        except _UNREADABLE as error:
            raise NotAuthenticated("The access token is not valid.") from error
