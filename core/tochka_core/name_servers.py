"""Addresses of name servers, as an operator writes them."""

import re
from ipaddress import ip_address
from typing import Final

from tochka_core.networks import MAX_PORT
from tochka_core.setting_refusals import items_of, refusal

DNS_PORT: Final = 53

_WITH_PORT: Final = re.compile(r"(?:\[(.+)\]|([^:]+)):([0-9]{1,5})")


def read_name_servers(text: str, *, variable: str) -> list[tuple[str, int]]:
    """Return address and port of each name server in *text*, which stand there by comma.

    Raises:
        ConfigurationError: one of them is no address; the message names *variable*.
    """
    return [_read(server, variable) for server in items_of(text, variable=variable)]


def _read(server: str, variable: str) -> tuple[str, int]:
    """Return address and port of `9.9.9.9`, `9.9.9.9:53`, `2620:fe::fe` or `[2620:fe::fe]:53`."""
    parts = _WITH_PORT.fullmatch(server)
    address, port = (parts[1] or parts[2], int(parts[3])) if parts else (server, DNS_PORT)
    try:
        address = str(ip_address(address))
    except ValueError:
        port = 0
    if not 1 <= port <= MAX_PORT:
        raise refusal(variable, server, "the address of a name server, such as 9.9.9.9:53")
    return address, port
