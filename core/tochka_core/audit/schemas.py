"""What was done, as it crosses HTTP."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from tochka_core.audit.models import AuditEntry


class AuditEntryOut(msgspec.Struct, frozen=True):
    """Something that was done."""

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
