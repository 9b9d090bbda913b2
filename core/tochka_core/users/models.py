"""The table of people."""

from typing import Final

from sqlalchemy import CheckConstraint, ColumnClause, Index, Text, literal_column
from sqlalchemy.orm import Mapped, mapped_column
from tochka_plugins import PlatformModel
from tochka_plugins.context import PlatformRole

from tochka_core.db.tables import CoreBase

PASSWORD_COST: Final[ColumnClause[str]] = literal_column(
    r"substring(password_hash, '\$2[aby]\$(0[4-9]|1[0-6])\$')", Text
)
"""The cost of a person's password, in two digits, as it is indexed to find the highest."""


class User(PlatformModel, CoreBase):
    """A person, known by a phone number."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('user', 'platform_master')", name="role"),
        Index("ix_users_password_cost", PASSWORD_COST),
    )

    phone: Mapped[str] = mapped_column(unique=True)
    """E.164."""
    password_hash: Mapped[str]
    """As `tochka_core.passwords.stored` tells."""
    role: Mapped[PlatformRole] = mapped_column(Text, server_default="user")
    is_active: Mapped[bool] = mapped_column(server_default="true")
