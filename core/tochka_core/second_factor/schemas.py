"""Second factors as they cross HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tochka_core.second_factor.challenges import LIFETIME_SECONDS
from tochka_core.second_factor.factors import ENROLMENT_SECONDS
from tochka_core.second_factor.services import Enrolment

CodeText = Annotated[
    str, Meta(max_length=100, examples=["123456", "7ZK4P-0QWRT-XKCD1-M5H8N-2BVC9"])
]
"""A code of the app or a recovery code, however it is spaced."""


class CurrentPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password of the person who is signed in."""

    password: Annotated[str, Meta(max_length=1024)]

    def __repr__(self) -> str:
        """Show nothing: it belongs in no log."""
        return "CurrentPassword(***)"


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code that proves the second factor."""

    code: CodeText

    def __repr__(self) -> str:
        """Show nothing: it belongs in no log."""
        return "Code(***)"


class ChallengeAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows the password."""

    challenge: Annotated[str, Meta(max_length=100)]
    code: CodeText
    device_token: Annotated[str, Meta(max_length=100)] | None = None
    """What an earlier sign-in has returned for the device."""

    def __repr__(self) -> str:
        """Show nothing: none of it belongs in a log."""
        return "ChallengeAnswer(***)"


class ChallengeOut(msgspec.Struct, frozen=True):
    """The answer to a right password where a second factor is to be proved as well."""

    challenge: str
    """To be sent with a code to `/auth/login/second-factor`; good for one sign-in."""
    expires_in: int = LIFETIME_SECONDS
    """Seconds."""

    def __repr__(self) -> str:
        """Show nothing: it belongs in no log."""
        return "ChallengeOut(***)"


class EnrolmentOut(msgspec.Struct, frozen=True):
    """What an authenticator app has to be given; shown once."""

    secret: str
    """Base32, to be typed."""
    uri: str
    """The same for a QR code."""
    expires_in: int = ENROLMENT_SECONDS
    """Seconds in which a code has to confirm it."""

    @classmethod
    def of(cls, enrolment: Enrolment) -> "EnrolmentOut":
        """Show *enrolment*."""
        return cls(secret=enrolment.secret, uri=enrolment.address)

    def __repr__(self) -> str:
        """Show nothing: it belongs in no log."""
        return "EnrolmentOut(***)"


class RecoveryCodesOut(msgspec.Struct, frozen=True):
    """Codes that stand in for the app, once each; shown once."""

    recovery_codes: Sequence[str]

    def __repr__(self) -> str:
        """Show nothing: they belong in no log."""
        return "RecoveryCodesOut(***)"


class SecondFactorOut(msgspec.Struct, frozen=True):
    """Whether the person who is signed in has a second factor."""

    is_enrolled: bool
    enrolled_at: datetime | None
    recovery_codes_left: int
