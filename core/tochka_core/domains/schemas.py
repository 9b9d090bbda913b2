"""Domains as they cross HTTP."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tochka_core.domains.claims import HeldClaim
from tochka_core.domains.models import Method
from tochka_core.domains.names import unicode_form
from tochka_core.domains.proofs import FILE_PATH, RECORD_PREFIX


class DomainIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A domain to claim."""

    domain: Annotated[str, Meta(examples=["shop.example.com"])]
    """An IDN in its own letters or as `xn--…`."""


class DnsProof(msgspec.Struct, frozen=True):
    """The record that proves a domain."""

    type: Literal["TXT"]
    name: str
    value: str


class FileProof(msgspec.Struct, frozen=True):
    """The file that proves a domain."""

    url: str
    content: str


class DomainOut(msgspec.Struct, frozen=True):
    """A domain, as those see it who manage the domains of its tenant."""

    domain: str
    """In ASCII, as paths name it."""
    unicode: str
    """As people read it."""
    status: Literal["pending", "verified", "lapsed"]
    """Only a verified one chooses the tenant."""
    method: Method | None
    """How it was proven; `platform`: the platform vouches for it."""
    created_at: datetime
    verified_at: datetime | None
    checked_at: datetime | None
    lapsed_at: datetime | None
    dns: DnsProof
    """Either this record proves the domain, or…"""
    file: FileProof
    """… this file does. What has proven it is to stay."""

    @classmethod
    def of(cls, held_claim: HeldClaim) -> "DomainOut":
        """Show a claim, and what has come of it."""
        claim, held = held_claim
        return cls(
            domain=claim.domain,
            unicode=unicode_form(claim.domain),
            status=held.status if held else "pending",
            method=held.method if held else None,
            created_at=claim.created_at,
            verified_at=held.verified_at if held else None,
            checked_at=held.checked_at if held else None,
            lapsed_at=held.lapsed_at if held else None,
            dns=DnsProof("TXT", f"{RECORD_PREFIX}.{claim.domain}", claim.proof),
            file=FileProof(f"https://{claim.domain}{FILE_PATH}", claim.proof),
        )
