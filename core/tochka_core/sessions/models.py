"""The tables of sessions: what access depends on, and apart from it what each refresh changes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text, func
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from tochka_core.db.tables import CoreBase

EndReason = Literal[
    "deactivated",
    "forced",
    "password_changed",
    "password_reset",
    "reused",
    "revoked",
    "second_factor_changed",
    "signed_out",
]
"""Why a session has ended: `reused`, a refresh token was used twice; `forced`, by the platform."""


class UserSession(CoreBase):
    """A person who is signed in on one device.

    Access tokens name it, and every worker keeps what it says: it is changed to end it, and for
    little else, as each change is told to all of them. Nobody is told of a new one.
    """

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.users.id", ondelete="CASCADE"), index=True
    )
    device: Mapped[str]
    """What the device calls itself, empty where it says nothing."""
    address: Mapped[str]
    """Where the person signed in from, empty where that is not known."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    """When it ends at the latest; nothing extends it."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[EndReason | None] = mapped_column(Text)
    stepped_up_at: Mapped[datetime | None]
    """When the person last proved their second factor here; `None` for who has none. So all live
    sessions of who has one have a time: the others end when it is set up."""


class RefreshFamily(CoreBase):
    """The refresh tokens of a session, each made from the one before it; only the last is good.

    One row for the whole line of them. All that lies here are hashes: who reads it can use none.
    """

    __tablename__ = "refresh_families"

    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.sessions.id", ondelete="CASCADE"), primary_key=True
    )
    family_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Of the part that all its tokens have in common: it finds the row, also by a used token."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the part of the token that is good now."""
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of the one before it; `None` until the first refresh."""
    veiled_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The token that is good now, readable with the previous one only."""
    rotated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """When the token that is good now was made."""
    last_used_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """When the session was last seen: its last refresh, or its beginning."""
    last_address: Mapped[str]
    """Where it was last seen from, empty where that is not known."""
