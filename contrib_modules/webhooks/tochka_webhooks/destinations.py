"""Where a tenant's URL may lead: to the public internet, and not into the operator's network."""

from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Final
from uuid import UUID

import httpx
from tochka_plugins.addresses import Address, is_public_address

from tochka_webhooks.names import Names, Unanswered
from tochka_webhooks.settings import OperatorSettings

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
    """Finds the addresses behind a URL.

    What is connected to is an address that was looked at, so that no second answer of the name
    servers can lead elsewhere.
    """

    def __init__(self, settings: OperatorSettings) -> None:
        """Allow what the operator does."""
        self._settings = settings
        self._names = Names()

    async def prepare(self, url: str, tenant_id: UUID) -> None:
        """Look up once, for a tenant, what is to be sent to *url* several times in a moment.

        Raises:
            Crowded: that cannot be done now, which says nothing of who is at the URL.
        """
        with suppress(Refused):  # and so is each that is sent there
            await self.find(parse_url(url, self._settings), tenant_id)

    async def find(self, url: httpx.URL, tenant_id: UUID | None = None) -> Sequence[Address]:
        """Return the addresses behind *url* that may be connected to; there is one at the least.

        Raises:
            Refused: there is none.
            Crowded: nothing can be looked up now.
        """
        host = url.raw_host.decode("ascii")
        address = _address_in(host)
        found = [address] if address is not None else await self._look_up(host, tenant_id)
        allowed = [item for item in found if is_allowed(item, self._settings)]
        if not allowed:
            raise Refused("Its address is not public." if found else "Its host has no address.")
        return allowed

    def close(self) -> None:
        """Look nothing up any more."""
        self._names.close()

    async def _look_up(self, host: str, tenant_id: UUID | None) -> Sequence[Address]:
        seconds = self._settings.seconds
        try:
            return await self._names.look_up(host, seconds, tenant_id)
        except Unanswered:
            told = f"The name servers of its host have not answered within {seconds:g} s."
            raise Refused(told) from None


def _address_in(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
