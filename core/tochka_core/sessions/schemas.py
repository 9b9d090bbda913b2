"""Sessions as they cross HTTP."""

from typing import Literal

import msgspec

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
