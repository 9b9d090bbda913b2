"""Signing a person in, once it is known who they are."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.auth.tokens import AccessToken, AccessTokens
from tochka_core.http.client import Client
from tochka_core.known_devices.services import remember_device
from tochka_core.sessions.refresh_tokens import RefreshToken
from tochka_core.sessions.services import open_session


class SignedIn(msgspec.Struct, frozen=True):
    """What a client holds of its session."""

    access: AccessToken
    refresh_token: RefreshToken
    device_token: str | None = None
    """By which the device is known at the next sign-in; a refresh does not change it."""


class Sessions:
    """Gives out the tokens of sessions."""

    def __init__(self, tokens: AccessTokens, *, days: int) -> None:
        """Let a session live for *days* at most."""
        self._tokens = tokens
        self._days = days

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
        access = self._tokens.issue(user_id, opened.id, until=opened.expires_at)
        device_token = await remember_device(session, user_id, known_device)
        return SignedIn(access, opened.refresh_token, device_token)
