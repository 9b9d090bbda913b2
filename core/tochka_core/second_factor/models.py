"""The tables of second factors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from tochka_core.db.tables import CoreBase


class SecondFactor(CoreBase):
    """What a person's authenticator app shares with us; one app a person."""

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.users.id", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[str]
    """Encrypted, and bound to the person."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    confirmed_at: Mapped[datetime | None]
    """When the app has shown that it knows the secret; nothing is asked for before."""
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """The time step of the last code that was good: its code, and older ones, are so no more."""


class RecoveryCode(CoreBase):
    """A code that stands in for the app once; it is gone when it was used."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.second_factors.user_id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class SignInChallenge(CoreBase):
    """Somebody who has given the right password and has yet to prove their second factor."""

    __tablename__ = "sign_in_challenges"

    challenge_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.users.id", ondelete="CASCADE"), index=True
    )
    password_mark: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the password that was given: with another one since then the challenge is void."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
