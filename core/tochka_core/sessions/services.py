"""Beginning and ending sessions.

To end one is a change that every worker hears of: tokens that name it open nothing from then on.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, delete, func, select, true, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.http.client import Client
from tochka_core.sessions.models import EndReason, RefreshFamily, UserSession
from tochka_core.sessions.refresh_tokens import RefreshToken

KEPT_DAYS: Final = 30
"""How long a session that is over is kept, for who looks into what has happened."""

MAX_KEPT: Final = 100
"""Sessions of one person; who signs in again and again does not fill the table."""

_FORGOTTEN_AT_ONCE: Final = 10
"""Sessions that are over go so many at a time: that they do is told to all workers."""


class OngoingSession(msgspec.Struct, frozen=True):
    """A session, and the refresh token that it goes on by."""

    id: UUID
    user_id: UUID
    expires_at: datetime
    refresh_token: RefreshToken


async def open_session(
    session: AsyncSession, user_id: UUID, client: Client, *, days: int, is_stepped_up: bool = False
) -> OngoingSession:
    """Sign a person in on the device that *client* is, for *days* at most.

    *is_stepped_up* tells that they have proved their second factor, which whoever has one must.
    """
    token = RefreshToken.new()
    expires_at = datetime.now(UTC) + timedelta(days=days)
    opened = UserSession(
        user_id=user_id,
        device=client.device,
        address=client.address,
        expires_at=expires_at,
        stepped_up_at=func.now() if is_stepped_up else None,
    )
    session.add(opened)
    await session.flush()
    session.add(
        RefreshFamily(
            session_id=opened.id,
            family_hash=token.family_hash,
            token_hash=token.secret_hash,
            last_address=client.address,
        )
    )
    await session.flush()
    await _forget_old(session, user_id)
    return OngoingSession(opened.id, user_id, expires_at, token)


async def end_session(session: AsyncSession, session_id: UUID, *, reason: EndReason) -> bool:
    """End one session; return whether it had not ended before."""
    return await _end(session, UserSession.id == session_id, reason=reason) > 0


async def end_sessions(
    session: AsyncSession, user_id: UUID, *, reason: EndReason, but: UUID | None = None
) -> int:
    """End all sessions of a person, except the one called *but*; return how many.

    Whoever changes the person too, such as their password, does that first: a sign-in that has
    begun before then either sees the change or is among these sessions.
    """
    others = true() if but is None else UserSession.id != but
    return await _end(session, UserSession.user_id == user_id, others, reason=reason)


async def mark_stepped_up(
    session: AsyncSession, session_id: UUID | None, *, is_stepped_up: bool = True
) -> None:
    """Note that a person has proved their second factor in a session, or has none any more."""
    await session.execute(
        update(UserSession)
        .where(UserSession.id == session_id)
        .values(stepped_up_at=func.now() if is_stepped_up else None)
    )


async def _forget_old(session: AsyncSession, user_id: UUID) -> None:
    """Delete a person's sessions that were over long ago, once there are enough of them.

    And the oldest beyond `MAX_KEPT`, those that are over first.
    """
    theirs = select(UserSession.id).where(UserSession.user_id == user_id)
    over_at = func.least(UserSession.ended_at, UserSession.expires_at)
    past = theirs.where(over_at < func.now() - timedelta(days=KEPT_DAYS)).cte("past")
    are_enough = select(func.count() >= _FORGOTTEN_AT_ONCE).select_from(past).scalar_subquery()
    excess = theirs.order_by(over_at <= func.now(), UserSession.id.desc()).offset(MAX_KEPT)
    old = union_all(select(past.c.id).where(are_enough), excess)
    # What the session holds is as new as can be: nothing of it is looked through.
    await session.execute(
        delete(UserSession).where(UserSession.id.in_(old)),
        execution_options={"synchronize_session": False},
    )


async def _end(session: AsyncSession, *which: ColumnElement[bool], reason: EndReason) -> int:
    ended = await session.execute(
        update(UserSession)
        .where(*which, UserSession.ended_at.is_(None))
        .values(ended_at=func.now(), end_reason=reason)
        .returning(UserSession.id)
    )
    return len(ended.all())
