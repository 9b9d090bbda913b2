"""The tables of pipelines, their stages, deals, and how deals came to where they are."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tochka_contacts.api import contacts
from tochka_plugins import (
    InvalidInput,
    TenantModel,
    memberships,
    module_registry,
    refused,
    users,
)

Kind = Literal["open", "won", "lost"]

MAX_AMOUNT_MINOR = 2**53 - 1
"""What every JSON parser reads exactly."""


class Base(DeclarativeBase):
    """Declares a table of this module."""

    registry = module_registry("deals")


class Pipeline(TenantModel, Base):
    """The way that deals of one sort go."""

    __tablename__ = "pipelines"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id",
            "name",
            info=refused("A pipeline with this name exists already.", pointer="/name"),
        ),
        Index(None, "tenant_id", unique=True, postgresql_where=text("is_default")),
    )

    name: Mapped[str]
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    """Deals begin here unless told otherwise; a tenant has one such pipeline."""


class Stage(TenantModel, Base):
    """A place on the way; what kind it is, and of which pipeline, never changes."""

    __tablename__ = "stages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "pipeline_id"],
            ["pipelines.tenant_id", "pipelines.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint(
            "tenant_id",
            "pipeline_id",
            "name",
            info=refused("A pipeline has one stage of a name."),
        ),
        # Not before the statement is over: they change places in one.
        UniqueConstraint("tenant_id", "pipeline_id", "position", deferrable=True),
        UniqueConstraint("tenant_id", "id", "pipeline_id", "kind"),
        CheckConstraint("kind IN ('open', 'won', 'lost')", name="kind"),
    )

    pipeline_id: Mapped[UUID]
    name: Mapped[str]
    kind: Mapped[Kind] = mapped_column(Text, server_default="open")
    position: Mapped[int] = mapped_column(BigInteger)


class Deal(TenantModel, Base):
    """Something that may be sold to a contact."""

    __tablename__ = "deals"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "contact_id"], [contacts.c.tenant_id, contacts.c.id]),
        ForeignKeyConstraint(
            ["tenant_id", "stage_id", "pipeline_id", "status"],
            ["stages.tenant_id", "stages.id", "stages.pipeline_id", "stages.kind"],
        ),
        ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            [memberships.c.tenant_id, memberships.c.user_id],
            ondelete="SET NULL (owner_id)",
            info=refused("There is no such member.", pointer="/owner_id", error=InvalidInput),
        ),
        CheckConstraint(f"amount_minor BETWEEN 0 AND {MAX_AMOUNT_MINOR}", name="amount"),
        Index(None, "tenant_id", "stage_id"),
        Index(None, "tenant_id", "contact_id"),
        Index(None, "tenant_id", "owner_id"),
    )

    title: Mapped[str]
    contact_id: Mapped[UUID]
    pipeline_id: Mapped[UUID]
    stage_id: Mapped[UUID]
    status: Mapped[Kind] = mapped_column(Text)
    """The kind of the stage, as its pipeline, is here for lists; the foreign key holds it to it."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """In the smallest unit of the currency."""
    currency: Mapped[str]
    """ISO 4217."""
    expected_close_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    """When it was won or lost (UTC)."""
    owner_id: Mapped[UUID | None]
    """A member of the tenant, nobody once they have left."""
    notes: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text, dimensions=1), server_default="{}")


class StageChange(TenantModel, Base):
    """That a deal came to a stage; stages are told as they were called then."""

    __tablename__ = "stage_changes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "deal_id"], ["deals.tenant_id", "deals.id"], ondelete="CASCADE"
        ),
        Index(None, "tenant_id", "deal_id"),
    )

    deal_id: Mapped[UUID]
    from_stage_id: Mapped[UUID | None]
    """`None` where the deal began. There is no foreign key: a stage may go."""
    from_stage: Mapped[str | None]
    to_stage_id: Mapped[UUID]
    to_stage: Mapped[str]
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey(users.c.id, ondelete="SET NULL"))
    """`None` for an API key."""
