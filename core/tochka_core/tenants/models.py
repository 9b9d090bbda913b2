"""The tables of tenants and memberships."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, column_property, declared_attr, mapped_column
from tochka_plugins import PlatformModel

from tochka_core.db.tables import CoreBase
from tochka_core.domains.models import Domain

# As PostgreSQL writes it back.
_OWN_ROLE = "NULLIF(NULLIF(NULLIF(role, 'owner'::text), 'admin'::text), 'member'::text)"
"""The role where it is one that the tenant has defined, which a foreign key can hold to."""


def _own_role() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "own_role"], ["tochka.roles.tenant_id", "tochka.roles.name"]
    )


class Tenant(PlatformModel, CoreBase):
    """A customer of the platform, whose data are apart from every other's."""

    __tablename__ = "tenants"

    name: Mapped[str] = mapped_column(unique=True)
    """What `X-Tenant` and URLs call it."""
    title: Mapped[str]
    """What people call it."""
    suspended_at: Mapped[datetime | None]
    suspension_reason: Mapped[str | None]
    """What members are told while it is suspended."""
    purge_after: Mapped[datetime | None]
    """Set while it is deleted: until it is purged it can be restored."""

    @declared_attr
    def domain(cls) -> Mapped[str | None]:  # noqa: N805 - a declared attribute gets the class
        """Return the domain that the platform vouches for; others are the tenant's own doing."""
        # Written out, not bound: a prepared plan would not see that the partial index fits.
        vouched_for = select(Domain.domain).where(
            Domain.holder_id == cls.id, Domain.method == literal_column("'platform'")
        )
        subquery = vouched_for.correlate_except(Domain).scalar_subquery()
        # Kept at a flush: to load it again would take a query where none can be awaited.
        return column_property(subquery, expire_on_flush=False)


class Role(CoreBase):
    """A role that a tenant has defined, beside those that every tenant has."""

    __tablename__ = "roles"
    __table_args__ = (CheckConstraint("name NOT IN ('owner', 'admin', 'member')", name="name"),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Names of permissions, in order; one that no module declares any more has no effect."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Membership(CoreBase):
    """A person's place in a tenant."""

    __tablename__ = "memberships"
    __table_args__ = (_own_role(),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str]
    """A built-in one, or one that the tenant has defined."""
    own_role: Mapped[str | None] = mapped_column(Computed(_OWN_ROLE, persisted=True))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Invitation(PlatformModel, CoreBase):
    """A place in a tenant, kept for whoever has the phone; it is gone once it is answered."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("tenant_id", "phone"),
        _own_role(),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True, sort_order=-100
    )
    """Part of what tells it from others: an import may bring in an id that another tenant has."""
    phone: Mapped[str] = mapped_column(index=True)
    """E.164; nobody needs to have registered with it yet."""
    role: Mapped[str]
    own_role: Mapped[str | None] = mapped_column(Computed(_OWN_ROLE, persisted=True))
    expires_at: Mapped[datetime]
