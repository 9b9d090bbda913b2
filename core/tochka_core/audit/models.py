"""The table of what was done."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from tochka_core.db.tables import CoreBase


class AuditEntry(CoreBase):
    """Something that was done. It outlives the people and tenants it names: no foreign keys."""

    __tablename__ = "audit_log"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor: Mapped[UUID | None]
    """The person who did it; `None` for the command line."""
    tenant: Mapped[UUID | None] = mapped_column(index=True)
    action: Mapped[str]
    """What was done, such as `member.removed`."""
    detail: Mapped[dict[str, str]] = mapped_column(JSONB)
