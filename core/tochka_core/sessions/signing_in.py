"""Signing a person in, once it is known who they are, and keeping them signed in."""

from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotAuthenticated

from tochka_core.auth.tokens import AccessToken, AccessTokens
from tochka_core.db import Database
from tochka_core.http.client import Client
from tochka_core.known_devices.services import remember_device
from tochka_core.sessions.refresh_tokens import RefreshToken
from tochka_core.sessions.renewal import renew
from tochka_core.sessions.services import OngoingSession, open_session

_NOT_GOOD: Final = "The refresh token is not good, or not any more; sign in again."


class SignedIn(msgspec.Struct, frozen=True):
    """What a client holds of its session."""

    access: AccessToken
    refresh_token: RefreshToken
    device_token: str | None = None
    """By which the device is known at the next sign-in; a refresh does not change it."""


class Sessions:
    """Gives out the tokens of sessions."""

    def __init__(
        self, *, database: Database, tokens: AccessTokens, days: int, idle_days: int
    ) -> None:
        """Let a session live for *days* at most, and for *idle_days* without a refresh."""
        self._database = database
        self._tokens = tokens
        self._days = days
        self._idle_days = idle_days

    async def open(
        self,
        session: AsyncSession,
        user_id: UUID,
        client: Client,
        known_device: str | None,
        *,
        is_stepped_up: bool = False,
    ) -> SignedIn:
        """Begin a session of a person, and know the device from now on.

        Its tokens are good once the transaction is committed. *known_device* is the token of one
        that is known already. *is_stepped_up* tells that they have proved their second factor,
        which whoever has one must.
        """
        opened = await open_session(
            session, user_id, client, days=self._days, is_stepped_up=is_stepped_up
        )
        device_token = await remember_device(session, user_id, known_device)
        return SignedIn(self._access_to(opened), opened.refresh_token, device_token)

    async def renew(self, refresh_token: str, client: Client) -> SignedIn:
        """Return new tokens for a refresh token, in a transaction of its own.

        Raises:
            NotAuthenticated: it is not one of ours, it was used before, or its session is over.
        """
        token = RefreshToken.find(refresh_token)
        if token is None:
            raise NotAuthenticated(_NOT_GOOD)
        async with self._database.platform_scope(reason="refresh") as session:
            renewed = await renew(session, token, client, idle_days=self._idle_days)
        # Raised when the transaction is over: that a token was used twice has to be kept.
        if renewed is None:
            raise NotAuthenticated(_NOT_GOOD)
        return SignedIn(self._access_to(renewed), renewed.refresh_token)

    def _access_to(self, ongoing: OngoingSession) -> AccessToken:
        return self._tokens.issue(ongoing.user_id, ongoing.id, until=ongoing.expires_at)
