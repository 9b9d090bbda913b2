"""Access tokens: signed claims about who makes a request, valid for minutes."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import jwt
from tochka_plugins import NotAuthenticated

ISSUER: Final = "tochka-rosta"
AUDIENCE: Final = "tochka-rosta-api"
ALGORITHM: Final = "HS256"
TOKEN_TYPE: Final = "access"  # noqa: S105 - a claim, not a secret

_UNREADABLE: Final = (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError)
"""What PyJWT lets through from hostile tokens: infinite times, headers nested without end."""


class AccessTokens:
    """Issues and reads access tokens (RFC 7519)."""

    def __init__(self, *, secret: str, lifetime_seconds: int) -> None:
        """Sign with *secret*; a token is valid for *lifetime_seconds*."""
        self._secret = secret
        self.lifetime_seconds = lifetime_seconds

    def issue(self, user_id: UUID) -> str:
        """Return a token for a person."""
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "typ": TOKEN_TYPE,
            "jti": uuid4().hex,
            "iat": now,
            "exp": now + timedelta(seconds=self.lifetime_seconds),
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: str) -> UUID:
        """Return the id of the person whom *token* was issued to.

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
                options={"require": ["exp", "iat", "sub", "typ"]},
            )
            if claims["typ"] != TOKEN_TYPE:
                raise NotAuthenticated("This is not an access token.")
            return UUID(claims["sub"])
        except jwt.ExpiredSignatureError as error:
            raise NotAuthenticated("The access token has expired; sign in again.") from error
        except _UNREADABLE as error:
            raise NotAuthenticated("The access token is not valid.") from error
