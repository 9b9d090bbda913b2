"""The table of known devices."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from tochka_core.db.tables import CoreBase


class KnownDevice(CoreBase):
    """A device that a person has signed in from, and which can prove that by a token."""

    __tablename__ = "known_devices"
    __table_args__ = (Index(None, "user_id", "used_at"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256: 256 random bits need no slow hash."""
    user_id: Mapped[UUID] = mapped_column(ForeignKey("tochka.users.id", ondelete="CASCADE"))
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """When somebody last signed in with it."""
