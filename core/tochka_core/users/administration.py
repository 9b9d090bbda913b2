"""What a `platform_master`, or the operator, does to people."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from msgspec.structs import replace
from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, NotFound, PageQuery, PermissionDenied
from tochka_plugins.context import PlatformRole

from tochka_core.audit.actions import Action
from tochka_core.audit.services import record
from tochka_core.codes.services import void_codes
from tochka_core.known_devices.services import forget_devices
from tochka_core.passwords.stored import NO_PASSWORD
from tochka_core.sessions.services import end_sessions
from tochka_core.users.models import User
from tochka_core.users.phones import phone_part
from tochka_core.users.services import get_user

_LAST_STAYS: Final = "The last active platform_master stays; make another one first."

ORDERABLE = frozenset({"phone", "role", "is_active", "created_at"})


class UserRepository(SQLAlchemyAsyncRepository[User]):
    """All people."""

    model_type = User


async def list_users(
    session: AsyncSession,
    query: PageQuery,
    *,
    region: str,
    is_active: bool | None = None,
    role: PlatformRole | None = None,
) -> tuple[Sequence[User], int]:
    """Return one page of the people whose phone has the text searched for, and how many there are.

    A whole number may be spelled in any way; one without a country code is one of *region*.

    Raises:
        InvalidInput: `order_by` names a field that cannot be ordered by.
    """
    query = replace(query, search=query.search and phone_part(query.search, region=region))
    wanted = [] if is_active is None else [User.is_active == is_active]
    if role is not None:
        wanted.append(User.role == role)
    return await UserRepository(session=session).get_many_and_count(
        *query.filters(orderable=ORDERABLE, searchable={"phone"}),
        *wanted,
        count_with_window_function=False,
    )


async def set_active(
    session: AsyncSession, user_id: UUID, *, is_active: bool, actor: UUID | None = None
) -> User:
    """Let a person in, or keep them out and end their sessions; *actor*, or the operator, does it.

    Raises:
        NotFound: there is no such person.
        Conflict: it is *actor*, or the last active `platform_master`, who would be kept out.
        PermissionDenied: *actor* is kept out by now.
    """
    user, masters = await _lock(session, user_id)
    if actor is not None and actor not in masters:
        raise PermissionDenied("Only a platform_master may do this.")
    if user.is_active == is_active:
        return user
    if not is_active:
        _refuse_to_keep_out(user, actor, masters)
    user.is_active = is_active
    await session.flush()
    if not is_active:
        await end_sessions(session, user.id, reason="deactivated")
    action: Action = "user.activated" if is_active else "user.deactivated"
    record(session, action, actor=actor, tenant=None, user=user.id)
    return user


async def set_role(session: AsyncSession, user_id: UUID, *, role: PlatformRole) -> User:
    """Let a person administer the platform, or not any more, as the operator does.

    It is in force in all workers with the commit, so that their sessions go on.

    Raises:
        NotFound: there is no such person.
        Conflict: it is the last active `platform_master`.
    """
    user, masters = await _lock(session, user_id)
    if user.role == role:
        return user
    if masters == {user.id}:
        raise Conflict(_LAST_STAYS)
    before, user.role = user.role, role
    await session.flush()
    detail = {"user": user.id, "before": before, "role": role}
    record(session, "user.role_changed", actor=None, tenant=None, **detail)
    return user


async def force_logout(session: AsyncSession, user_id: UUID, *, actor: UUID) -> None:
    """End all sessions of a person, who may sign in again; *actor* does it.

    Raises:
        NotFound: there is no such person.
    """
    user = await get_user(session, user_id)
    if ended := await end_sessions(session, user.id, reason="forced"):
        detail = {"user": user.id, "sessions": ended}
        record(session, "user.sessions_ended", actor=actor, tenant=None, **detail)


async def void_password(session: AsyncSession, user_id: UUID, *, actor: UUID) -> None:
    """Take a person's password away and end their sessions; *actor* does it.

    Raises:
        NotFound: there is no such person.
        Conflict: it is *actor*'s own.
    """
    if user_id == actor:
        raise Conflict("This is your own password: change it instead.")
    await _replace_password(
        session, user_id, NO_PASSWORD, action="user.password_voided", actor=actor
    )


async def set_password(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    """Give a person another password and end their sessions, as the operator does.

    Raises:
        NotFound: there is no such person.
    """
    await _replace_password(session, user_id, password_hash, action="user.password_set", actor=None)


async def _replace_password(
    session: AsyncSession, user_id: UUID, password_hash: str, *, action: Action, actor: UUID | None
) -> None:
    user = await get_user(session, user_id)
    await void_codes(session, user.id)
    user.password_hash = password_hash
    await session.flush()
    await forget_devices(session, user.id)
    await end_sessions(session, user.id, reason="password_reset")
    record(session, action, actor=actor, tenant=None, user=user.id)


async def _lock(session: AsyncSession, user_id: UUID) -> tuple[User, AbstractSet[UUID]]:
    """Return a person, and who is an active `platform_master`; all of them stay so until the end.

    Of two who keep each other out at once, the second waits here and finds themselves kept out.

    Raises:
        NotFound: there is no such person.
    """
    is_master = and_(User.role == "platform_master", User.is_active)
    # Always in the order of their ids, so that nobody waits in a circle.
    people = await session.scalars(
        select(User)
        .where(or_(User.id == user_id, is_master))
        .order_by(User.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    by_id = {user.id: user for user in people}
    if user_id not in by_id:
        raise NotFound("There is no such user.")
    masters = {
        user.id for user in by_id.values() if user.role == "platform_master" and user.is_active
    }
    return by_id[user_id], masters


def _refuse_to_keep_out(user: User, actor: UUID | None, masters: AbstractSet[UUID]) -> None:
    if user.id == actor:
        raise Conflict("You cannot deactivate yourself.")
    if masters == {user.id}:
        raise Conflict(_LAST_STAYS)
