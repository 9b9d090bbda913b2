"""Hosts, addresses and networks, as an operator writes them."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from tochka_core.setting_refusals import items_of, refusal

MAX_PORT: Final = 65535

Network = IPv4Network | IPv6Network

_HOST_NAME: Final = re.compile(r"(?!.{254})[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")


def is_host(text: str) -> bool:
    """Tell whether *text* is an IP address, or could be a name that leads to one."""
    try:
        ip_address(text)
    except ValueError:
        # What ends in a number is an address, and a wrong one (WHATWG URL, "ends in a number").
        return bool(_HOST_NAME.fullmatch(text)) and not text.rpartition(".")[2].isdecimal()
    return True


def read_networks(text: str, *, variable: str) -> tuple[Network, ...]:
    """Return the networks in *text*, which stand there by comma; an address is one by itself.

    Raises:
        ConfigurationError: one of them is neither; the message names *variable*.
    """
    return tuple(_read(written, variable) for written in items_of(text, variable=variable))


def _read(written: str, variable: str) -> Network:
    try:
        around = ip_network(written, strict=False)
    except ValueError:
        expected = "an address or a network, such as 127.0.0.1 or 10.0.0.0/8"
        raise refusal(variable, written, expected) from None
    try:
        return ip_network(written)
    except ValueError:
        expected = f"a network: it begins at {around}"
        raise refusal(variable, written, expected) from None
