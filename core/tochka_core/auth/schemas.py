"""Signing in, as it crosses HTTP."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tochka_core.codes.schemas import Code, Secret


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phone number and a password."""

    phone: Annotated[str, Meta(max_length=40, examples=["+79123456789"])]
    password: Annotated[str, Meta(max_length=1024)]

    def __repr__(self) -> str:
        """Show nothing: neither belongs in a log."""
        return "Credentials(***)"


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Both halves of the code that proves a phone."""

    secret: Secret
    code: Code

    def __repr__(self) -> str:
        """Show nothing."""
        return "Confirmation(***)"


class LoginIn(Credentials, frozen=True, forbid_unknown_fields=True):
    """A phone number and a password, and what an earlier sign-in has returned for the device."""

    device_token: Annotated[str, Meta(max_length=100)] | None = None

    def __repr__(self) -> str:
        """Show nothing: none of it belongs in a log."""
        return "LoginIn(***)"
