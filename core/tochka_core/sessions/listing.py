"""The sessions that a person has, for them to look at and to end."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound, PageQuery, Person

from tochka_core.audit.services import record
from tochka_core.sessions.models import RefreshFamily, UserSession
from tochka_core.sessions.services import end_session, end_sessions


async def list_sessions(
    session: AsyncSession, user_id: UUID, query: PageQuery, *, idle_days: int
) -> tuple[Sequence[tuple[UserSession, RefreshFamily]], int]:
    """Return one page of the sessions that a person has, the last seen first, and how many."""
    live = _live(user_id, idle_days)
    total = await session.scalar(select(func.count()).select_from(live.subquery()))
    rows = await session.execute(
        live.order_by(RefreshFamily.last_used_at.desc(), UserSession.id)
        .limit(query.limit)
        .offset(query.offset)
    )
    return [(row[0], row[1]) for row in rows], total or 0


async def sign_out(session: AsyncSession, person: Person) -> None:
    """End the session that the request belongs to."""
    if person.session_id is None:
        raise NotFound("There is no session to end.")
    await end_session(session, person.session_id, reason="signed_out")
    record(session, "user.signed_out", actor=person.user_id, tenant=None)


async def revoke_session(session: AsyncSession, person: Person, session_id: UUID) -> None:
    """End one of the caller's sessions.

    Raises:
        NotFound: they have none with this id.
    """
    own = select(UserSession.id).where(
        UserSession.id == session_id, UserSession.user_id == person.user_id
    )
    is_own = await session.scalar(own) is not None
    if not is_own or not await end_session(session, session_id, reason="revoked"):
        raise NotFound("You have no such session.")
    record(
        session,
        "user.session_revoked",
        actor=person.user_id,
        tenant=None,
        session_id=session_id,
    )


async def revoke_sessions(session: AsyncSession, person: Person, *, but_current: bool) -> None:
    """End all of the caller's sessions, or all others."""
    but = person.session_id if but_current else None
    count = await end_sessions(session, person.user_id, reason="revoked", but=but)
    record(session, "user.sessions_revoked", actor=person.user_id, tenant=None, count=count)


def _live(user_id: UUID, idle_days: int) -> Select[UserSession, RefreshFamily]:
    return (
        select(UserSession, RefreshFamily)
        .join(RefreshFamily, RefreshFamily.session_id == UserSession.id)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .where(UserSession.expires_at > func.now())
        .where(RefreshFamily.last_used_at > func.now() - timedelta(days=idle_days))
    )
