"""Sessions as they cross HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from tochka_plugins import Person

from tochka_core.sessions.models import RefreshFamily, UserSession
from tochka_core.sessions.signing_in import SignedIn


class TokensOut(msgspec.Struct, frozen=True):
    """A token for the `Authorization` header (RFC 6750), and one to get the next pair with."""

    access_token: str
    refresh_token: str
    """Good for one use."""
    expires_in: int
    """Seconds that the access token is valid for."""
    device_token: str | msgspec.UnsetType = msgspec.UNSET
    """For the next sign-in on this device: strangers' guesses do not keep it out."""
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme, not a secret

    @classmethod
    def of(cls, signed_in: SignedIn) -> "TokensOut":
        """Show the tokens of *signed_in*, which is the only time that anybody sees them."""
        return cls(
            access_token=signed_in.access.text,
            refresh_token=signed_in.refresh_token.text,
            expires_in=signed_in.access.expires_in,
            device_token=signed_in.device_token or msgspec.UNSET,
        )

    def __repr__(self) -> str:
        """Show nothing: neither belongs in a log."""
        return "TokensOut(***)"


class RefreshIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A refresh token."""

    refresh_token: Annotated[str, Meta(max_length=1024)]

    def __repr__(self) -> str:
        """Show nothing: it belongs in no log."""
        return "RefreshIn(***)"


class SessionOut(msgspec.Struct, frozen=True):
    """A person who is signed in on one device."""

    id: UUID
    device: str
    """What the device calls itself, empty where it says nothing."""
    address: str
    """Where the person signed in from, empty where that is not known."""
    created_at: datetime
    last_seen_at: datetime
    """When its tokens were renewed last."""
    last_address: str
    """Where from, empty where that is not known."""
    expires_at: datetime
    """When it ends at the latest."""
    is_current: bool
    """It is the one that asks."""

    @classmethod
    def of(cls, found: tuple[UserSession, RefreshFamily], person: Person) -> "SessionOut":
        """Show what *found* is, to *person*."""
        session, family = found
        return cls(
            id=session.id,
            device=session.device,
            address=session.address,
            created_at=session.created_at,
            last_seen_at=family.last_used_at,
            last_address=family.last_address,
            expires_at=session.expires_at,
            is_current=session.id == person.session_id,
        )
