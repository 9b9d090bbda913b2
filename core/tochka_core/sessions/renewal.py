"""Exchanging a refresh token for the next one, and noticing one that is used twice.

OAuth 2.0 Security Best Current Practice (RFC 9700), section 4.14.2. Whoever has stolen a token and
its owner both use it in the end; the second of them gives the theft away, and the session ends. A
second browser tab does the same within a moment, so that for some seconds it gets what the first
one has got: there is one line of tokens, however many ask at once.
"""

import hmac
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.audit.services import record
from tochka_core.http.client import Client
from tochka_core.sessions.models import RefreshFamily, UserSession
from tochka_core.sessions.refresh_tokens import RefreshToken
from tochka_core.sessions.services import OngoingSession, end_session
from tochka_core.users.models import User

REUSE_SECONDS: Final = 10
"""How long a used token still gets what it was exchanged for; supabase/auth settled on as much."""


async def renew(
    session: AsyncSession, token: RefreshToken, client: Client, *, idle_days: int
) -> OngoingSession | None:
    """Exchange *token*, which is good for one use; `None` where it is not, or the session is over.

    A used token ends the session: commit that, also where the client is told of an error.
    """
    found = await _lock_family(session, token)
    if found is None:
        return None
    family, now = found
    live = await _find_live(session, family.session_id)
    if live is None or family.last_used_at <= now - timedelta(days=idle_days):
        return None
    successor = _exchange(family, token, client, now)
    if successor is None:
        await end_session(session, family.session_id, reason="reused")
        record(
            session,
            "user.refresh_token_reused",
            actor=None,
            tenant=None,
            user=live.user_id,
            session_id=family.session_id,
        )
        return None
    return OngoingSession(family.session_id, live.user_id, live.expires_at, successor)


def _exchange(
    family: RefreshFamily, token: RefreshToken, client: Client, now: datetime
) -> RefreshToken | None:
    """Return what *token* is exchanged for, `None` where it was used before."""
    if _is_same(token.secret_hash, family.token_hash):
        successor = token.successor()
        family.previous_hash = token.secret_hash
        family.token_hash = successor.secret_hash
        family.veiled_token = token.veil(successor)
        family.rotated_at = family.last_used_at = now
        family.last_address = client.address
        return successor
    is_recent = now - family.rotated_at <= timedelta(seconds=REUSE_SECONDS)
    if is_recent and family.veiled_token and _is_same(token.secret_hash, family.previous_hash):
        return token.unveil(family.veiled_token)
    return None


async def _lock_family(
    session: AsyncSession, token: RefreshToken
) -> tuple[RefreshFamily, datetime] | None:
    """Return the family of *token*, which nobody else changes until the end, and what time it is.

    The time is the database's: all workers of all machines go by one clock.
    """
    found = await session.execute(
        select(RefreshFamily, func.clock_timestamp())
        .where(RefreshFamily.family_hash == token.family_hash)
        .with_for_update()
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1])


async def _find_live(session: AsyncSession, session_id: UUID) -> Row[UUID, datetime] | None:
    """Return whose session it is and when it ends, if it lives and the person is active.

    In a statement of its own, once the family is locked: who held it may have ended the session.
    """
    found = await session.execute(
        select(UserSession.user_id, UserSession.expires_at)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.id == session_id, UserSession.ended_at.is_(None), User.is_active)
        .where(UserSession.expires_at > func.now())
    )
    return found.one_or_none()


def _is_same(first: bytes, second: bytes | None) -> bool:
    return second is not None and hmac.compare_digest(first, second)
