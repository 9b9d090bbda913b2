"""The table of people."""

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column
from tochka_plugins import PlatformModel
from tochka_plugins.context import PlatformRole

from tochka_core.db.tables import CoreBase


class User(PlatformModel, CoreBase):
    """A person, known by a phone number."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('user', 'platform_master')", name="role"),)

    phone: Mapped[str] = mapped_column(unique=True)
    """E.164."""
    password_hash: Mapped[str]
    role: Mapped[PlatformRole] = mapped_column(Text, server_default="user")
    is_active: Mapped[bool] = mapped_column(server_default="true")
