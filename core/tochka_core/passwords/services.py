"""Passwords in the database."""

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.users.models import PASSWORD_COST, User


async def costliest_password(session: AsyncSession) -> int:
    """Return the cost of the costliest password of anybody, 0 where there is none."""
    highest = await session.scalar(select(func.max(PASSWORD_COST)).select_from(User))
    return int(highest or 0)


async def replace_outdated(session: AsyncSession, user: User, renewed: str) -> None:
    """Store *renewed* for the password that *user* was read with, unless it has changed since."""
    await session.execute(
        update(User)
        .where(User.id == user.id, User.password_hash == user.password_hash)
        .values(password_hash=renewed)
    )
