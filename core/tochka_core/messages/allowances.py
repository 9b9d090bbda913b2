"""How many messages a phone may get, and an address have sent, in a day."""

from typing import Final

import msgspec

from tochka_core.settings import Settings
from tochka_core.throttling.allowances import Allowance

_DAY_SECONDS: Final = 86_400


class MessageAllowances(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed to a phone and to an address; both are counted at once.

    Each message costs the operator money and its receiver attention, whoever has it sent.
    """

    by_phone: Allowance
    by_address: Allowance
    notices_by_phone: Allowance
    """Counted apart: a stranger who asks for codes must not keep a notice from who it warns."""

    @classmethod
    def of(cls, settings: Settings) -> "MessageAllowances":
        """Return what the operator has chosen."""
        return cls(
            by_phone=_a_day("message.phone", settings.messages_per_phone),
            notices_by_phone=_a_day("notice.phone", settings.messages_per_phone),
            by_address=_a_day("message.address", settings.messages_per_address),
        )


def _a_day(name: str, most: int) -> Allowance:
    """Allow *most* in any 24 hours: half of them at once, the others spread over the day."""
    spread = most // 2
    return Allowance.rate(name, burst=most - spread, each_seconds=_DAY_SECONDS / spread)
