"""What decisions in the database compare with."""

from datetime import datetime

from sqlalchemy import TIMESTAMP, Function, func, select
from sqlalchemy.ext.asyncio import AsyncSession


def clock() -> Function[datetime]:
    """Return an expression for the present moment: the beginning of the transaction.

    Python's is `datetime.now(UTC)`; there is no third.
    """
    return func.tochka.clock(type_=TIMESTAMP(timezone=True))


async def read_clock(session: AsyncSession) -> datetime:
    """Return the present moment, as the database decides by it."""
    return (await session.execute(select(clock()))).scalar_one()
