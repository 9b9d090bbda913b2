"""The table of codes that may still be redeemed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from tochka_core.db.tables import CoreBase


class OneTimeCode(CoreBase):
    """A code, and what it is good for.

    Also a phone that the code is not sent to has one, which nothing matches.
    """

    __tablename__ = "one_time_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    purpose: Mapped[str]
    """What it may be redeemed for, such as `password.reset`."""
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """SHA-256 of the secret that the client has got; that has 256 bits, and needs no salt."""
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """HMAC-SHA256 of the code, its key the secret: who reads the table cannot try all codes."""
    tries_left: Mapped[int] = mapped_column(SmallInteger)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[UUID | None] = mapped_column(index=True)
    """Whose phone it is sent to, where that is somebody's.

    No foreign key: to check one takes time, which would tell that there is somebody.
    """
    phone: Mapped[str | None]
    """The phone (E.164) that is to be registered."""
    password_hash: Mapped[str | None]
    """The password that it is to be registered with."""
