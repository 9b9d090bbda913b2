"""What may be tried how often."""

import math
from ipaddress import IPv6Address, ip_network
from typing import Final

import msgspec

from tochka_core.http.proxies import find_address

IPV6_PREFIX: Final = 64
"""Whoever has one IPv6 address has all of its /64 (RFC 6177)."""


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """How often one subject (a phone, an address, a device) may try something.

    The first `free_tries` need not wait for each other. After the last of them the subject waits
    for `first_delay_seconds`, after each further try for twice as long, up to `max_delay_seconds`.
    Meanwhile the tries are forgotten, one each `forget_seconds`, the delays with them.
    """

    name: str
    """What is tried and by what it is counted, such as `login.phone`; unique."""
    free_tries: int
    first_delay_seconds: float
    max_delay_seconds: float
    forget_seconds: float
    is_cleared_by_success: bool = True
    """Whether who succeeds has made all the tries: true of a phone. Of an address, where others may
    be, it is not: a success takes back its own try there and no other."""

    def __post_init__(self) -> None:
        """Refuse what would let everything through, or nothing."""
        is_sound = self.free_tries >= 1 and self.forget_seconds > 0
        if not (is_sound and 0 < self.first_delay_seconds <= self.max_delay_seconds):
            raise ValueError(f"{self.name} makes no sense.")

    @classmethod
    def rate(cls, name: str, *, burst: int, each_seconds: float) -> "Allowance":
        """Allow *burst* tries at once, then one *each_seconds*; a success takes its own back."""
        return cls(
            name=name,
            free_tries=burst,
            first_delay_seconds=each_seconds,
            max_delay_seconds=each_seconds,
            forget_seconds=each_seconds,
            is_cleared_by_success=False,
        )

    @property
    def counted_tries(self) -> int:
        """How many tries are kept at most: after these the delay no longer grows."""
        return self.free_tries + math.ceil(
            math.log2(self.max_delay_seconds / self.first_delay_seconds)
        )


Try = tuple[Allowance, str]
"""An allowance, and the subject that makes use of it: any text of any length."""


def counted_address(address: str) -> str:
    """Return what the tries from *address* are counted by: an IPv6 address by its network.

    Clients without an address, as behind a unix socket, are one.
    """
    found = find_address(address)
    if not isinstance(found, IPv6Address):
        return str(found or address)
    return str(ip_network((found, IPV6_PREFIX), strict=False))
