"""The tables of endpoints, of what is delivered to them, and of each attempt."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tochka_plugins import TenantModel, module_registry, sealed_column

Status = Literal["pending", "delivered", "dead"]


class Base(DeclarativeBase):
    """Declares a table of this module."""

    registry = module_registry("webhooks")


class Endpoint(TenantModel, Base):
    """A URL that a tenant wants to be told at."""

    __tablename__ = "endpoints"

    url: Mapped[str]
    description: Mapped[str | None]
    event_types: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """The names of those that it is told of; `None` for all."""
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    disabled_because: Mapped[str | None]
    """Why the module has disabled it by itself."""
    succeeded_at: Mapped[datetime | None]
    """When it has last taken what it was told, within an hour."""
    secret: Mapped[str] = sealed_column()
    previous_secret: Mapped[str | None] = sealed_column(nullable=True)
    previous_secret_until: Mapped[datetime | None]
    """Until when what is sent is signed with the previous secret as well."""


class Delivery(TenantModel, Base):
    """One event that one endpoint is to be told of: the outbox."""

    __tablename__ = "deliveries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "endpoint_id"],
            ["mod_webhooks.endpoints.tenant_id", "mod_webhooks.endpoints.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("status IN ('pending', 'delivered', 'dead')", name="status"),
        Index("ix_deliveries_endpoint", "tenant_id", "endpoint_id"),
        Index(
            "ix_deliveries_pending",
            "tenant_id",
            "endpoint_id",
            "due_at",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_deliveries_finished",
            "tenant_id",
            "finished_at",
            postgresql_where=text("finished_at IS NOT NULL"),
        ),
    )

    endpoint_id: Mapped[UUID]
    message_id: Mapped[str]
    """`webhook-id`: the same for all endpoints that are told of one event, and for each attempt."""
    event_type: Mapped[str]
    payload: Mapped[str]
    """The body, as it is signed."""
    occurred_at: Mapped[datetime]
    status: Mapped[Status] = mapped_column(Text, server_default="pending")
    tries: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """How many attempts have ended, since it was replayed if it was."""
    due_at: Mapped[datetime | None]
    """When it is tried next, or whoever has claimed it is taken for dead; `None` at the end."""
    claim: Mapped[UUID | None]
    """Who has it in hand: nobody else may say what has become of it."""
    finished_at: Mapped[datetime | None]


class Attempt(TenantModel, Base):
    """One request to an endpoint, and what came of it."""

    __tablename__ = "attempts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "delivery_id"],
            ["mod_webhooks.deliveries.tenant_id", "mod_webhooks.deliveries.id"],
            ondelete="CASCADE",
        ),
        Index("ix_attempts_delivery", "tenant_id", "delivery_id"),
    )

    delivery_id: Mapped[UUID]
    began_at: Mapped[datetime]
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    status_code: Mapped[int | None] = mapped_column(BigInteger)
    """`None` where there was no answer."""
    error: Mapped[str | None]
    """Why there was none, or none to be content with."""
    answer: Mapped[str | None]
    """The beginning of the body."""
