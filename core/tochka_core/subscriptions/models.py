"""The tables of plans, of what was sold to tenants, and of what it entitles them to."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Text,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from tochka_core.db.tables import CoreBase

Period = Literal["month", "year"]
Ending = Literal["expired", "canceled", "changed"]
"""How an entitlement ends: nobody has paid, somebody has canceled, or the plan is another one."""


class Plan(CoreBase):
    """What can be sold: modules and limits, at a price for each period."""

    __tablename__ = "plans"
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("period IN ('month', 'year')", name="period"),
        CheckConstraint("trial_days >= 0", name="trial"),
        CheckConstraint("active_until > active_from", name="active"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    price_minor: Mapped[int] = mapped_column(BigInteger)
    """In the smallest unit of the currency, such as cents."""
    currency: Mapped[str]
    """ISO 4217."""
    period: Mapped[Period] = mapped_column(Text)
    trial_days: Mapped[int]
    modules: Mapped[list[str]] = mapped_column(ARRAY(Text))
    limits: Mapped[dict[str, int | None]] = mapped_column(JSONB)
    """By name; `None` is any number."""
    active_from: Mapped[datetime]
    active_until: Mapped[datetime | None]
    """The first moment at which it is sold no more."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Subscription(CoreBase):
    """What was sold to a tenant at once. Its state is not stored: it follows from the dates."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint("trial_ends_at > starts_at", name="trial"),
        CheckConstraint("paid_until >= starts_at", name="paid"),
        CheckConstraint("grace_days >= 0", name="grace"),
        CheckConstraint("(canceled_at IS NULL) = (ends_at IS NULL)", name="canceled"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    starts_at: Mapped[datetime]
    trial_ends_at: Mapped[datetime | None]
    paid_until: Mapped[datetime | None]
    """`None`: for ever."""
    grace_days: Mapped[int]
    """How long it stays open after that, as it was sold."""
    canceled_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    """When the cancellation takes effect."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


def _of_subscription() -> tuple[ForeignKeyConstraint, CheckConstraint]:
    return (
        ForeignKeyConstraint(
            ["tenant_id", "subscription_id"],
            ["tochka.subscriptions.tenant_id", "tochka.subscriptions.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("ends_at > starts_at", name="end"),
    )


class Phase(CoreBase):
    """What a subscription is for during a part of its time, as it was sold."""

    __tablename__ = "subscription_phases"
    __table_args__ = _of_subscription()

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime | None]
    """When the next one begins."""
    plan: Mapped[str | None] = mapped_column(ForeignKey("tochka.plans.code"))
    """`None` where single modules were sold."""
    price_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    period: Mapped[Period | None] = mapped_column(Text)
    modules: Mapped[list[str]] = mapped_column(ARRAY(Text))
    limits: Mapped[dict[str, int | None]] = mapped_column(JSONB)


class Entitlement(CoreBase):
    """A module that is open to a tenant for a time, which no other one for it overlaps.

    It is all of a subscription that the gate reads. What has passed is kept.
    """

    __tablename__ = "entitlements"
    __table_args__ = (
        *_of_subscription(),
        CheckConstraint("ending IN ('expired', 'canceled', 'changed')", name="ending"),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("module", "="),
            (literal_column("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_entitlements_module",
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    subscription_id: Mapped[UUID]
    module: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """The first moment at which it is open no more."""
    ending: Mapped[Ending] = mapped_column(Text)


class LimitEntitlement(CoreBase):
    """What a limit is for a tenant for a time; others may overlap it, and the highest counts."""

    __tablename__ = "limit_entitlements"
    __table_args__ = (*_of_subscription(), CheckConstraint("value >= 0", name="value"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    subscription_id: Mapped[UUID]
    name: Mapped[str]
    """As the module has declared it, such as `contacts.max`."""
    value: Mapped[int | None] = mapped_column(BigInteger)
    """`None` is any number."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
