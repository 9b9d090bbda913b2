"""Codes as they cross HTTP."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tochka_core.codes.services import DIGITS, LIFETIME, IssuedCode

Secret = Annotated[str, Meta(max_length=100)]
"""What was answered when the code was asked for."""

Code = Annotated[str, Meta(pattern=rf"^[0-9]{{{DIGITS}}}$(?!\n)", examples=["123456"])]
"""What came by phone. One that cannot be a code takes no try."""


class CodeSentOut(msgspec.Struct, frozen=True):
    """A code may be on its way to the phone: it is redeemed together with the secret."""

    secret: str
    expires_in: int
    """Seconds."""

    @classmethod
    def of(cls, issued: IssuedCode) -> "CodeSentOut":
        """Show the client's half of *issued*."""
        return cls(secret=issued.secret, expires_in=int(LIFETIME.total_seconds()))
