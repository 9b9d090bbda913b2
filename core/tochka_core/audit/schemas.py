"""What was done, as it crosses HTTP."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from tochka_core.audit.models import AuditEntry


class AuditEntryOut(msgspec.Struct, frozen=True):
    """Something that was done, as a tenant may know of it."""

    id: UUID
    at: datetime
    actor: UUID | None
    tenant: UUID | None
    action: str
    detail: Mapping[str, str]

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditEntryOut":
        """Show *entry*."""
        return cls(
            id=entry.id,
            at=entry.at,
            actor=entry.actor,
            tenant=entry.tenant,
            action=entry.action,
            detail=entry.detail,
        )


class TracedEntryOut(AuditEntryOut, frozen=True):
    """Something that was done, and the request that did it."""

    address: str | None
    request_id: str | None

    @classmethod
    def of(cls, entry: AuditEntry) -> "TracedEntryOut":
        """Show *entry*."""
        shown = msgspec.structs.asdict(AuditEntryOut.of(entry))
        return cls(**shown, address=entry.address, request_id=entry.request_id)
