"""What the domain name system says of a domain."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

import dns.asyncresolver
import structlog
from dns.exception import DNSException
from dns.nameserver import Do53Nameserver
from dns.rdatatype import RdataType
from dns.resolver import NXDOMAIN, Answer
from tochka_plugins.addresses import Address

from tochka_core.domains.errors import NoAnswer

ANSWER_SECONDS: Final = 5.0
"""How long all name servers together may take over one question."""

_log = structlog.get_logger(__name__)


class NameServers:
    """A resolver: the name servers that the platform asks."""

    def __init__(self, servers: Sequence[tuple[str, int]] = ()) -> None:
        """Ask *servers* (address and port), or, where there are none, those of the machine."""
        self._servers = servers

    async def find_texts(self, name: str) -> frozenset[str]:
        """Return the values of the TXT records at *name*; none where there are no records.

        Raises:
            NoAnswer: the name servers do not say.
        """
        records = await self._ask(name, RdataType.TXT)
        return frozenset(b"".join(record.strings).decode(errors="replace") for record in records)

    async def find_addresses(self, name: str) -> list[Address]:
        """Return the addresses of *name*, IPv4 first; none where it has no address.

        Raises:
            NoAnswer: the name servers do not say.
        """
        kinds = (RdataType.A, RdataType.AAAA)
        return [
            ip_address(record.address) for kind in kinds for record in await self._ask(name, kind)
        ]

    async def _ask(self, name: str, kind: RdataType) -> Answer | tuple[()]:
        try:
            return await self._resolver().resolve(
                f"{name}.", kind, raise_on_no_answer=False, lifetime=ANSWER_SECONDS
            )
        except NXDOMAIN:
            return ()
        except DNSException as error:
            _log.warning("no answer from name servers", name=name, error=type(error).__name__)
            raise NoAnswer from error

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Return a resolver that knows the name servers of this moment."""
        resolver = dns.asyncresolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers = [Do53Nameserver(*server) for server in self._servers]
        return resolver
