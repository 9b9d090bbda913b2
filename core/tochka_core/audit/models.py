"""The table of what was done."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from tochka_core.db.tables import CoreBase


class AuditEntry(CoreBase):
    """Something that was done. It outlives the people and tenants it names: no foreign keys."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_user", text("(detail ->> 'user')")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    actor: Mapped[UUID | None] = mapped_column(index=True)
    """The person who did it; `None` where nobody was signed in, and for the command line."""
    tenant: Mapped[UUID | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(index=True)
    """What was done, such as `member.removed`."""
    detail: Mapped[dict[str, str]] = mapped_column(JSONB)
    address: Mapped[str | None]
    """The IP address of who sent the request; `None` for the command line."""
    request_id: Mapped[str | None]
    """The `X-Request-Id` of the request that did it; `None` for the command line."""
