"""Helping people who have lost their second factor."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound

from tochka_core.audit.services import record
from tochka_core.second_factor.factors import lock_person, remove
from tochka_core.sessions.services import end_sessions
from tochka_core.users.models import User


async def remove_second_factor(session: AsyncSession, user_id: UUID, *, actor: UUID | None) -> User:
    """Let a person sign in by the password alone again; return them. All their sessions end.

    *actor* is who does it, `None` for the command line.

    Raises:
        NotFound: there is no such person, or they have no second factor.
    """
    user = await lock_person(session, user_id)
    if not await remove(session, user_id):
        raise NotFound("This user has no second factor.")
    await end_sessions(session, user_id, reason="second_factor_changed")
    record(session, "second_factor.removed", actor=actor, tenant=None, user=user_id)
    return user
