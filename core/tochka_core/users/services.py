"""Making and finding people."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, NotFound
from tochka_plugins.context import PlatformRole

from tochka_core.audit.services import record
from tochka_core.users.models import User
from tochka_core.users.phones import masked

_TAKEN: Final = "A user with this phone exists already."


async def create_user(
    session: AsyncSession, *, phone: str, password_hash: str, role: PlatformRole = "user"
) -> User:
    """Make a person; *phone* is E.164. The audit log has it.

    Raises:
        Conflict: the phone is taken, also when another request takes it at the same moment.
    """
    user = await insert_user(session, phone=phone, password_hash=password_hash, role=role)
    record(
        session,
        "user.created",
        actor=None,
        tenant=None,
        user=user.id,
        phone=masked(phone),
        role=role,
    )
    return user


async def insert_user(
    session: AsyncSession, *, phone: str, password_hash: str, role: PlatformRole = "user"
) -> User:
    """Make one of many people, who are written down together.

    Raises:
        Conflict: as `create_user` does.
    """
    statement = (
        insert(User)
        .values(phone=phone, password_hash=password_hash, role=role)
        .on_conflict_do_nothing(index_elements=[User.phone])
        .returning(User)
    )
    user = await session.scalar(statement)
    if user is None:
        raise Conflict(_TAKEN)
    return user


async def refuse_taken(session: AsyncSession, phone: str) -> None:
    """Return if nobody has *phone* (E.164) yet; it may be taken until a person is made.

    Raises:
        Conflict: somebody has.
    """
    if await find_user_by_phone(session, phone) is not None:
        raise Conflict(_TAKEN)


async def find_user_by_phone(session: AsyncSession, phone: str) -> User | None:
    """Return the person with *phone* (E.164), `None` where there is none."""
    return await session.scalar(select(User).where(User.phone == phone))


async def get_user_by_phone(session: AsyncSession, phone: str) -> User:
    """Return the registered person with *phone* (E.164).

    Raises:
        NotFound: nobody has registered with it.
    """
    user = await find_user_by_phone(session, phone)
    if user is None:
        raise NotFound("Nobody has registered with this phone.")
    return user


async def lock_sign_in(session: AsyncSession, known: User) -> bool:
    """Keep a person from being deactivated, or given another password, until the transaction ends.

    Return whether neither has happened since *known* was read.
    """
    now = (
        await session.execute(
            select(User.password_hash, User.is_active)
            .where(User.id == known.id)
            .with_for_update(read=True)
        )
    ).one_or_none()
    return now is not None and now.is_active and now.password_hash == known.password_hash


async def find_active_id(session: AsyncSession, phone: str) -> UUID | None:
    """Return the id of the active person with *phone* (E.164), `None` where there is none.

    Nothing else is read of them, so that it takes as long where there is nobody.
    """
    return await session.scalar(select(User.id).where(User.phone == phone, User.is_active))


async def get_user(session: AsyncSession, user_id: UUID) -> User:
    """Return the person with *user_id*.

    Raises:
        NotFound: there is none.
    """
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user
