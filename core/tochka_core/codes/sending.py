"""What is decided about codes wherever they are asked for."""

from typing import Final

import msgspec
from tochka_plugins import Message

from tochka_core.codes.services import IssuedCode
from tochka_core.throttling.allowances import Allowance

CODES_BY_ADDRESS: Final = Allowance.rate("code.address", burst=30, each_seconds=60)
"""Each code has its own few tries; this is for who tries many secrets."""


class SentCode(msgspec.Struct, frozen=True):
    """A code that was asked for."""

    issued: IssuedCode
    message: Message | None
    """What its phone is to be told, if anything; the client is answered the same."""
