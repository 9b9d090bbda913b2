"""The tables of modules and of what each tenant has enabled."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from tochka_plugins.host import Phase
from tochka_plugins.info import Availability

from tochka_core.db.tables import CoreBase

State = Literal["ready", "quarantined", "missing"]


class Module(CoreBase):
    """A module that was ever seen, as the last judgement found it."""

    __tablename__ = "modules"
    __table_args__ = (
        CheckConstraint("state IN ('ready', 'quarantined', 'missing')", name="state"),
        CheckConstraint("availability IN ('open', 'subscription', 'private')", name="availability"),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    icon: Mapped[str | None]
    availability: Mapped[Availability] = mapped_column(Text, server_default="open")
    is_availability_settled: Mapped[bool] = mapped_column(server_default="false")
    """The module was asked, or the operator has decided: no judgement changes it any more."""
    distribution: Mapped[str | None]
    version: Mapped[str | None]
    requires: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """The modules that it needs."""
    state: Mapped[State] = mapped_column(Text)
    phase: Mapped[Phase | None] = mapped_column(Text)
    """Where it was stopped, if it is quarantined."""
    reason: Mapped[str | None]
    blocked_by: Mapped[str | None]
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    judged_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LastJudgement(CoreBase):
    """The last judgement as a whole, in the one row that there is."""

    __tablename__ = "judgement"
    __table_args__ = (CheckConstraint("is_last", name="one"),)

    is_last: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    environment: Mapped[str | None]
    """The fingerprint of the environment that was judged."""
    document: Mapped[dict[str, object]] = mapped_column(JSONB)
    judged_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class TenantModule(CoreBase):
    """A module that a tenant has enabled."""

    __tablename__ = "tenant_modules"

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True
    )
    module: Mapped[str] = mapped_column(
        ForeignKey("tochka.modules.name", ondelete="CASCADE"), primary_key=True, index=True
    )
    enabled_at: Mapped[datetime] = mapped_column(server_default=func.now())
