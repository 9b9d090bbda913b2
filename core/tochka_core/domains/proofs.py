"""Whether somebody who may change a domain has put our token there."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Final, Literal, Protocol

import msgspec
import structlog
from tochka_plugins.addresses import Address, is_public_address

from tochka_core.domains import lookups
from tochka_core.domains.errors import NoAnswer

RECORD_PREFIX: Final = "_tochka-challenge"
"""No host name begins with an underscore: nobody can be given this label as a user's own."""

FILE_PATH: Final = "/.well-known/tochka-challenge"

ProofMethod = Literal["dns", "file"]

_log = structlog.get_logger(__name__)


class Finding(StrEnum):
    """What came of looking in one place."""

    FOUND = "found"
    ABSENT = "absent"
    """It is certain that the token is not there."""
    UNKNOWN = "unknown"
    """Nobody answered; later somebody may."""


class Proof(msgspec.Struct, frozen=True):
    """What came of looking for a token."""

    dns: Finding
    file: Finding

    @property
    def method(self) -> ProofMethod | None:
        """How the domain is proven, `None` where it is not."""
        if self.dns is Finding.FOUND:
            return "dns"
        return "file" if self.file is Finding.FOUND else None

    def is_gone(self, method: str) -> bool:
        """Tell whether what was proven by *method* is proven no more, in either way."""
        findings: dict[str, Finding] = {"dns": self.dns, "file": self.file}
        return self.method is None and findings.get(method) is Finding.ABSENT


class Resolver(Protocol):
    """Who is asked about names."""

    async def find_texts(self, name: str) -> frozenset[str]:
        """Return the values of the TXT records at *name*; raise `NoAnswer` where nobody says."""

    async def find_addresses(self, name: str) -> list[Address]:
        """Return the addresses of *name*; raise `NoAnswer` where nobody says."""


class ProofFinder:
    """Looks for a token in the TXT record of a domain, then in a file on its web site."""

    def __init__(
        self,
        *,
        servers: Sequence[tuple[str, int]] = (),
        resolver: Resolver | None = None,
        website: "lookups.Website | None" = None,
        is_allowed: Callable[[Address], bool] = is_public_address,
    ) -> None:
        """Ask *resolver*, or else *servers*, or else the name servers of the machine.

        Only to addresses that *is_allowed* a connection is made: a domain may name any.
        """
        self._servers = servers
        self._given = (resolver, website)
        self._is_allowed = is_allowed

    @cached_property
    def _resolver(self) -> Resolver:
        return self._given[0] or lookups.NameServers(self._servers)

    @cached_property
    def _website(self) -> "lookups.Website":
        return self._given[1] or lookups.Website()

    async def find(self, domain: str, token: str) -> Proof:
        """Return what came of looking for *token*; takes up to half a minute.

        No transaction may be open meanwhile: a stranger decides how long it takes.
        """
        dns = await _found(self._look_in_dns(domain, token), domain)
        if dns is Finding.FOUND:
            return Proof(dns=dns, file=Finding.UNKNOWN)
        return Proof(dns=dns, file=await _found(self._look_on_website(domain, token), domain))

    async def _look_in_dns(self, domain: str, token: str) -> Finding:
        texts = await self._resolver.find_texts(f"{RECORD_PREFIX}.{domain}")
        return Finding.FOUND if token in texts else Finding.ABSENT

    async def _look_on_website(self, domain: str, token: str) -> Finding:
        addresses = await self._resolver.find_addresses(domain)
        allowed = [address for address in addresses if self._is_allowed(address)]
        if not allowed:
            return Finding.ABSENT
        content = await self._website.read(domain, FILE_PATH, allowed)
        return Finding.FOUND if content.strip() == token.encode() else Finding.ABSENT


async def _found(look: Awaitable[Finding], domain: str) -> Finding:
    try:
        return await look
    except NoAnswer:
        return Finding.UNKNOWN
    except Exception as error:  # noqa: BLE001 - the libraries promise no list of what they raise
        # A stranger's server has sent what a library did not expect: no other domain's matter.
        _log.warning("look-up failed", domain=domain, exc_info=error)
        return Finding.UNKNOWN
