"""The table of tries."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tochka_core.db.tables import CoreBase


class Throttle(CoreBase):
    """What is remembered of one subject's tries, until all of them are forgotten."""

    __tablename__ = "throttles"

    allowance: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """A keyed hash: phones that belong to nobody here are in it too."""
    forgotten_at: Mapped[datetime]
    """When the last of the tries is forgotten; how many there are follows from it."""
    blocked_until: Mapped[datetime | None]
    """When the next try is let through; `None`: at once."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """When the row may go, a full hour: so a further try seldom has to touch the index."""
