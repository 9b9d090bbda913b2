"""Between the password and the code: random, single use, and good for nothing else.

A challenge is no token of ours, neither for the `Authorization` header nor to refresh with.
"""

import hashlib
import secrets
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.second_factor.models import SignInChallenge
from tochka_core.users.models import User

LIFETIME_SECONDS: Final = 300
_ROWS_PER_CLEANING: Final = 20


class Challenge(msgspec.Struct, frozen=True):
    """What somebody who has given the right password answers with a code."""

    text: str

    def __repr__(self) -> str:
        """Show nothing: it belongs in no log."""
        return "Challenge(***)"


async def open_challenge(session: AsyncSession, user: User) -> Challenge:
    """Return a challenge for a person whose password was right, which *user* was read with."""
    await _clean(session)
    challenge = Challenge(secrets.token_urlsafe(32))
    session.add(
        SignInChallenge(
            challenge_hash=_hash(challenge.text),
            user_id=user.id,
            password_mark=_mark(user),
            expires_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, LIFETIME_SECONDS),
        )
    )
    await session.flush()
    return challenge


async def find_challenged(session: AsyncSession, challenge: str) -> UUID | None:
    """Return whom *challenge* asks for their second factor, `None` where it is not good."""
    return await session.scalar(select(SignInChallenge.user_id).where(*_is_good(challenge)))


async def hold_challenge(session: AsyncSession, challenge: str, user_id: UUID) -> bool:
    """Keep *challenge*, which asks this person, for the transaction; return whether it is good.

    It is void once the person is deactivated or has another password than the one that they gave;
    until the transaction ends, neither happens. Others who bring it meanwhile wait for the end.
    """
    user = await session.scalar(select(User).where(User.id == user_id).with_for_update(read=True))
    held = await session.scalar(
        select(SignInChallenge).where(*_is_good(challenge)).with_for_update()
    )
    if user is None or held is None:
        return False
    return user.is_active and _mark(user) == held.password_mark


async def use_up(session: AsyncSession, challenge: str) -> None:
    """Let *challenge* be good no more, for whoever waits for it too."""
    used = SignInChallenge.challenge_hash == _hash(challenge)
    await session.execute(delete(SignInChallenge).where(used))


def _is_good(challenge: str) -> tuple[ColumnElement[bool], ...]:
    return (
        SignInChallenge.challenge_hash == _hash(challenge),
        SignInChallenge.expires_at > func.now(),
    )


async def _clean(session: AsyncSession) -> None:
    """Remove a few that have expired, more than are made in between."""
    expired = (
        select(SignInChallenge.challenge_hash)
        .where(SignInChallenge.expires_at <= func.now())
        .limit(_ROWS_PER_CLEANING)
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        delete(SignInChallenge).where(SignInChallenge.challenge_hash.in_(expired))
    )


def _hash(challenge: str) -> bytes:
    return hashlib.sha256(challenge.encode("utf-8", "surrogatepass")).digest()


def _mark(user: User) -> bytes:
    return hashlib.sha256(user.password_hash.encode()).digest()
