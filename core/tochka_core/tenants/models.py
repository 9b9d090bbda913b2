"""The tables of tenants and memberships."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column
from tochka_plugins import PlatformModel
from tochka_plugins.context import TenantRole

from tochka_core.db.tables import CoreBase


class Tenant(PlatformModel, CoreBase):
    """A customer of the platform, whose data are apart from every other's."""

    __tablename__ = "tenants"

    name: Mapped[str] = mapped_column(unique=True)
    """What `X-Tenant` and URLs call it."""
    title: Mapped[str]
    """What people call it."""
    domain: Mapped[str | None] = mapped_column(unique=True)
    """The host name that chooses this tenant, vouched for by the platform."""
    suspended_at: Mapped[datetime | None]
    suspension_reason: Mapped[str | None]
    """What members are told while it is suspended."""
    purge_after: Mapped[datetime | None]
    """Set while it is deleted: until it is purged it can be restored."""


class Membership(CoreBase):
    """A person's place in a tenant."""

    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint("role IN ('owner', 'admin', 'member')", name="role"),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[TenantRole] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Invitation(PlatformModel, CoreBase):
    """A place in a tenant, kept for whoever has the phone; it is gone once it is answered."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("tenant_id", "phone"),
        CheckConstraint("role IN ('owner', 'admin', 'member')", name="role"),
    )
    __mapper_args__ = {"primary_key": ["id"]}  # noqa: RUF012 - the name and type are SQLAlchemy's

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True, sort_order=-100
    )
    phone: Mapped[str] = mapped_column(index=True)
    """E.164; nobody needs to have registered with it yet."""
    role: Mapped[TenantRole] = mapped_column(Text)
    expires_at: Mapped[datetime]
