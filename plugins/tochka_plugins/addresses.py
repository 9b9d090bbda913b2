"""Which addresses may be connected to because a stranger's domain or URL names them."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address

_UNICAST: Final = IPv6Network("2000::/3")
"""All that is routed globally. Outside lie addresses that stand for IPv4 ones, such as
`::ffff:10.0.0.1` and `64:ff9b::a00:1`."""

_SPECIAL: Final = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),  # Teredo and others
    IPv6Network("2002::/16"),  # 6to4: stands for an IPv4 address
    IPv6Network("3fff::/20"),
)
"""What IANA's registries of special addresses hold and not every version of Python knows."""


def is_public_address(address: Address) -> bool:
    """Tell whether *address* is a host of the public internet: none of our own network's."""
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    is_special = any(
        address in network for network in _SPECIAL if network.version == address.version
    )
    return address.is_global and not (address.is_multicast or is_special)
