"""Where a tenant's URL may lead: to the public internet, and not into the operator's network."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Final

import httpx
from tochka_plugins.addresses import Address, is_public_address

from tochka_webhooks.settings import OperatorSettings

_LOOKUPS_AT_ONCE: Final = 16
"""In threads of their own: name servers that are slow on purpose keep nobody else waiting."""

_LAST_PORT: Final = 65535


class Refused(Exception):
    """Nothing is sent there; the message says why, to the tenant."""


def parse_url(url: str, settings: OperatorSettings) -> httpx.URL:
    """Return *url*, which may be told as far as can be seen without asking anybody.

    Raises:
        Refused: it may not.
    """
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        raise Refused("This is no URL.") from None
    if parsed.port is not None and not 0 < parsed.port <= _LAST_PORT:
        raise Refused("There is no such port.")
    if parsed.scheme not in {"https", "http"} or not host:
        raise Refused("This is no URL of a web server.")
    if parsed.scheme == "http" and not settings.allow_http:
        raise Refused("It has to begin with https://.")
    if parsed.userinfo or parsed.fragment:
        raise Refused("It may hold neither a user nor a fragment.")
    address = _address_in(host)
    if address is not None and not is_allowed(address, settings):
        raise Refused("Its address is not public.")
    return parsed


def is_allowed(address: Address, settings: OperatorSettings) -> bool:
    """Tell whether *address* may be connected to: it is public, or the operator allows it."""
    return is_public_address(address) or any(
        address in network
        for network in settings.allowed_networks
        if network.version == address.version
    )


class Destinations:
    """Finds the addresses behind a URL, each time that something is sent.

    What is connected to is an address that was looked at, so that no second answer of the name
    servers can lead elsewhere.
    """

    def __init__(self, settings: OperatorSettings) -> None:
        """Allow what the operator does."""
        self._settings = settings
        self._lookups = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="webhooks-lookup")

    async def find(self, url: httpx.URL) -> Sequence[Address]:
        """Return the addresses behind *url* that may be connected to; there is one at the least.

        Raises:
            Refused: there is none.
        """
        host = url.raw_host.decode("ascii")
        address = _address_in(host)
        found = [address] if address is not None else await self._look_up(host)
        allowed = [item for item in found if is_allowed(item, self._settings)]
        if not allowed:
            raise Refused("Its address is not public." if found else "Its host has no address.")
        return allowed

    def close(self) -> None:
        """Look nothing up any more."""
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def _look_up(self, host: str) -> Sequence[Address]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._lookups, _look_up, host)
        except (OSError, UnicodeError):
            return []
        return [ip_address(item) for item in dict.fromkeys(found)]


def _look_up(host: str) -> Sequence[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(item[4][0]) for item in found]


def _address_in(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
