"""The tables of API keys: what access depends on, and apart from it what each use changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from tochka_core.db.tables import CoreBase


class ApiKey(CoreBase):
    """A key of a tenant. Nothing but its end changes it: each change is told to all workers."""

    __tablename__ = "api_keys"

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    name: Mapped[str]
    """What people call it."""
    prefix: Mapped[str] = mapped_column(index=True)
    """The public part of the key."""
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256: 256 random bits need no slow hash."""
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Names of permissions, in order: what it may do at most."""
    created_by: Mapped[UUID] = mapped_column(ForeignKey("tochka.users.id", ondelete="CASCADE"))
    """Its maker: the key may do no more than they may give."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None] = mapped_column(
        ForeignKey("tochka.users.id", ondelete="SET NULL")
    )


class ApiKeyUse(CoreBase):
    """When a key was last used. Every key has one, which workers write now and then."""

    __tablename__ = "api_key_uses"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "key_id"],
            ["tochka.api_keys.tenant_id", "tochka.api_keys.id"],
            ondelete="CASCADE",
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_used_at: Mapped[datetime | None]
