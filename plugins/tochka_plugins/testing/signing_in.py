"""How callers say who they are."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator

import httpx
import msgspec


class Token(msgspec.Struct, frozen=True):
    """An access token, as signing in answers."""

    access_token: str
    expires_in: int
    """Seconds."""
    issued_at: float = msgspec.field(default_factory=time.time)

    @property
    def is_good(self) -> bool:
        """Whether it is accepted now, and will be for a while."""
        return 0 <= time.time() - self.issued_at < self.expires_in / 2


class Credential(httpx.Auth, ABC):
    """What says who asks."""

    @property
    @abstractmethod
    def authorization(self) -> str:
        """The header, as it is accepted now."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Say in *request* who asks."""
        request.headers["Authorization"] = self.authorization
        yield request


class SignedIn(Credential):
    """A person who stays signed in, however long a test takes and wherever it moves its clock."""

    def __init__(self, sign_in: Callable[[], Token], token: Token) -> None:
        """Send *token* as long as it is good, then what *sign_in* returns."""
        self._sign_in = sign_in
        self._token = token

    @property
    def authorization(self) -> str:
        """The header, as it is accepted now."""
        if not self._token.is_good:
            self._token = self._sign_in()
        return f"Bearer {self._token.access_token}"


class ApiKey(Credential):
    """A service with an API key."""

    def __init__(self, key: str) -> None:
        """Send *key*."""
        self._key = key

    @property
    def authorization(self) -> str:
        """The header, which stays the same."""
        return f"Bearer {self._key}"
