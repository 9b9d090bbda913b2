"""The tables of limits and of what is counted against them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column
from tochka_plugins.limits import LimitPeriod

from tochka_core.db.tables import CoreBase


class DeclaredLimit(CoreBase):
    """A limit, as its module has declared it when it was last ready."""

    __tablename__ = "limits"
    __table_args__ = (CheckConstraint("period IN ('day', 'month')", name="period"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    module: Mapped[str] = mapped_column(ForeignKey("tochka.modules.name", ondelete="CASCADE"))
    title: Mapped[str]
    unit: Mapped[str]
    default_maximum: Mapped[int | None] = mapped_column(BigInteger)
    period: Mapped[LimitPeriod | None] = mapped_column(Text)


class CountedUsage(CoreBase):
    """What a tenant has counted of a limit in the latest window of time.

    It outlives the declaration: a version of the module that knows the limit again goes on from it.
    """

    __tablename__ = "limit_usage"
    __table_args__ = (CheckConstraint("used >= 0", name="used"),)

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime]
    """1970 for a limit without a period."""
    used: Mapped[int] = mapped_column(BigInteger)
