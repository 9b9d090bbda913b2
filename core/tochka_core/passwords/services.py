"""Passwords in the database."""

from uuid import UUID

from sqlalchemy import func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.users.models import PASSWORD_COST, User


async def find_with_costliest(session: AsyncSession, phone: str) -> tuple[User | None, int]:
    """Return the person with *phone* (E.164), if any, and the cost of anybody's costliest password.

    It is 0 where nobody has one.
    """
    highest = select(func.max(PASSWORD_COST).label("highest")).select_from(User).subquery()
    found = select(User, highest.c.highest).outerjoin_from(highest, User, User.phone == phone)
    user, costliest = (await session.execute(found)).one()
    return user, int(costliest or 0)


async def set_password(
    session: AsyncSession, user_id: UUID, password_hash: str, *, instead_of: str | None = None
) -> bool:
    """Give an active person another password; return whether there is such a person.

    With *instead_of* only if that is still the hash of their present one.
    """
    known = true() if instead_of is None else User.password_hash == instead_of
    changed = await session.scalar(
        update(User)
        .where(User.id == user_id, User.is_active, known)
        .values(password_hash=password_hash)
        .returning(User.id)
    )
    return changed is not None
