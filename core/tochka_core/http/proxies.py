"""Who sends a request, and to which host, where proxies stand in between.

A proxy tells in headers what it was asked. Anyone can send these headers, so they count only as far
as each of them was written by a proxy that the operator trusts; then they are taken away, and what
is left in the request is true: its host, scheme and client.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from tochka_core.request_facts import forget_facts, tell_facts

_log = structlog.get_logger(__name__)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Headers = Sequence[tuple[bytes, bytes]]

_FOR, _HOST, _PROTO = b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"
_STANDARD: Final = b"forwarded"
_ENTRIES: Final = frozenset({_FOR, _HOST, _PROTO})
_PREFIX: Final = b"x-forwarded-"
_OTHERS: Final = frozenset({_STANDARD, b"x-real-ip"})

_MAX_ADDRESSES: Final = 1_000
"""That are kept as they were read."""

_CURE: Final = "Name it in TOCHKA_TRUSTED_PROXIES, or all its clients count as one."

_PAIR: Final = re.compile(
    r"""\s*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+))\s*([;,]|\Z)"""
)
"""One `name=value` of `Forwarded` (RFC 7239, section 4) and what separates it from the next."""


class Told(msgspec.Struct, frozen=True):
    """What proxies tell, each list with the nearest proxy's entry at its end."""

    clients: Sequence[str]
    hosts: Sequence[str]
    schemes: Sequence[str]


class TrustedProxies:
    """Wraps an application, which sees requests as the outermost trusted proxy has got them.

    Log lines, and entries of the audit log, carry the client's address for as long as it is served.
    """

    def __init__(self, app: ASGIApp, networks: Sequence[Network]) -> None:
        """Wrap *app*; trust the proxies with an address in *networks*."""
        self._app = app
        self._networks = networks
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in {ScopeType.HTTP, ScopeType.WEBSOCKET}:
            await self._app(scope, receive, send)
            return
        self._see_through(scope)
        told = tell_facts(address=scope["client"][0]) if scope["client"] else tell_facts()
        try:
            await self._app(scope, receive, send)
        finally:
            forget_facts(told)

    def _see_through(self, scope: Scope) -> None:
        # Granian gives a port as text, and for a unix socket an empty address.
        host, port = scope["client"] or ("", 0)
        client, written = _find_client(host)
        scope["client"] = (written, int(port)) if host else None
        headers = scope["headers"]
        told = [header for header in headers if _is_told_by_proxy(header[0])]
        if not told:
            return
        scope["headers"] = [header for header in headers if not _is_told_by_proxy(header[0])]
        if client is None:
            return
        if self._is_trusted(client):
            self._believe(scope, client, _read(told))
        elif client.is_private and not self._has_warned:
            self._has_warned = True
            _log.warning("a proxy is not trusted", address=str(client), cure=_CURE)

    def _believe(self, scope: Scope, client: Address, told: Told) -> None:
        """Follow what is *told* from each trusted proxy to the one before it."""
        hops = 0
        while self._is_trusted(client):
            hops += 1
            before = find_address(told.clients[-hops]) if hops <= len(told.clients) else None
            if before is None:
                break
            client = before
            scope["client"] = (str(client), 0)
        if host := _entry(told.hosts, hops):
            others = [header for header in scope["headers"] if header[0] != b"host"]
            scope["headers"] = [(b"host", host.encode("latin-1")), *others]
        scheme = _entry(told.schemes, hops).lower()
        if scheme in {"http", "https"}:
            is_socket = scope["type"] == ScopeType.WEBSOCKET
            scope["scheme"] = scheme.replace("http", "ws") if is_socket else scheme

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


@lru_cache(_MAX_ADDRESSES)
def find_address(node: str) -> Address | None:
    """Return the IP address in *node*, which may have a port; `None` where there is none.

    An IPv4 address is returned as such, also where a socket of both kinds shows it as IPv6.
    """
    if node.startswith("["):
        node = node[1:].partition("]")[0]
    elif node.count(":") == 1:
        node = node.partition(":")[0]
    try:
        address = ip_address(node)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


@lru_cache(_MAX_ADDRESSES)
def _find_client(host: str) -> tuple[Address | None, str]:
    """Return the IP address of the other end, and how it is written here."""
    address = find_address(host)
    return address, str(address or host)


def _entry(entries: Sequence[str], hops: int) -> str:
    """Return what the proxy so many hops away has written, or kept where it was the first to."""
    return entries[-min(hops, len(entries))] if entries else ""


def _is_told_by_proxy(name: bytes) -> bool:
    return name.startswith(_PREFIX) or name in _OTHERS


def _read(headers: Headers) -> Told:
    """Read one family of headers: who writes the one need not keep clients from the other."""
    values = {
        name: ",".join(_text(value) for n, value in headers if n == name) for name, _ in headers
    }
    if _ENTRIES.isdisjoint(values):
        elements = _elements(values.get(_STANDARD, ""))
        return Told(
            *([item.get(name, "") for item in elements] for name in ("for", "host", "proto"))
        )
    return Told(*(_entries(values.get(name, "")) for name in (_FOR, _HOST, _PROTO)))


def _entries(value: str) -> list[str]:
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def _elements(value: str) -> list[dict[str, str]]:
    """Return the elements of `Forwarded`; none where a part of it cannot be understood."""
    elements: list[dict[str, str]] = [{}]
    position = 0
    while position < len(value):
        pair = _PAIR.match(value, position)
        if pair is None:
            return []
        name, quoted, token, separator = pair.groups()
        elements[-1][name.lower()] = token or re.sub(r"\\(.)", r"\1", quoted)
        if separator == ",":
            elements.append({})
        position = pair.end()
    return elements


def _text(value: bytes) -> str:
    return value.decode("latin-1")
