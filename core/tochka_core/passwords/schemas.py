"""Changes of passwords, as they cross HTTP. None of it belongs in a log."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tochka_core.codes.schemas import Code, Secret

Password = Annotated[str, Meta(max_length=1024)]


class PasswordChangeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The present password and the one to come."""

    current_password: Password
    password: Password

    def __repr__(self) -> str:
        """Show nothing."""
        return "PasswordChangeIn(***)"


class PasswordForgottenIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose password is forgotten."""

    phone: Annotated[str, Meta(max_length=40, examples=["+79123456789"])]

    def __repr__(self) -> str:
        """Show nothing."""
        return "PasswordForgottenIn(***)"


class PasswordResetIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Both halves of a code, and the password to come."""

    secret: Secret
    code: Code
    password: Password

    def __repr__(self) -> str:
        """Show nothing."""
        return "PasswordResetIn(***)"
