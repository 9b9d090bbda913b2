"""Counting what a limit bounds, together with what is written: all of it is kept, or nothing.

    @post("/")
    async def create(data: BookmarkIn, session: Session, limits: CurrentLimits) -> BookmarkOut:
        bookmark = await keep(session, data)
        await limits.consume("bookmarks.max")
        return BookmarkOut.of(bookmark)

Outside of a request `Limits(session)` counts in any transaction of a tenant.
"""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Numeric, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_plugins.errors import LimitReached, PlanLimitReached
from tochka_plugins.schemas import CORE_SCHEMA

_MORE_THAN_ANY: Final = 2**63
"""No count comes to so much."""

_COUNT: Final = text(f"SELECT * FROM {CORE_SCHEMA}.count_limit(:name, :amount)").bindparams(  # noqa: S608 - made of constants
    bindparam("name", type_=Text), bindparam("amount", type_=Numeric)
)


class UndeclaredLimit(LookupError):
    """No module that is ready declares the limit: a mistake of who counts, not of the client."""


class LimitUsage(msgspec.Struct, frozen=True):
    """How far a tenant has come with a limit."""

    used: int
    maximum: int | None
    """`None` for any number. It may be below `used`, where it was lowered."""
    resets_at: datetime | None
    """When the count begins at zero again (UTC); `None` for never."""


class Limits:
    """Counts for the tenant of one transaction, and is taken back with it.

    It is exact, however many count at once on however many workers: who counts a limit of a tenant
    waits for the transaction that has counted it before to end. So count late, and where a
    transaction counts several limits, in the order of their names.
    """

    def __init__(self, session: AsyncSession) -> None:
        """Count in *session*, which is scoped to the tenant."""
        self._session = session

    async def consume(self, name: str, amount: int = 1) -> LimitUsage:
        """Count *amount* more, all of it or nothing; zero is always possible.

        Raises:
            PlanLimitReached: it would be more than the tenant's plan has.
            LimitReached: it would be more than the module lets a tenant have.
            UndeclaredLimit: no module declares *name*.
            ValueError: *amount* is negative.
        """
        return await self._count(name, _checked(amount))

    async def release(self, name: str, amount: int = 1) -> LimitUsage:
        """Count *amount* less, at the least zero.

        Of a limit with a period it takes back what was counted since that began.

        Raises:
            UndeclaredLimit: no module declares *name*.
            ValueError: *amount* is negative.
        """
        return await self._count(name, -_checked(amount))

    async def usage(self, name: str) -> LimitUsage:
        """Return how much is counted, as this transaction sees it.

        Raises:
            UndeclaredLimit: no module declares *name*.
        """
        return await self._count(name, 0)

    async def _count(self, name: str, amount: int) -> LimitUsage:
        row = (await self._session.execute(_COUNT, {"name": name, "amount": amount})).one_or_none()
        if row is None:
            raise UndeclaredLimit(f"No module that is ready declares the limit {name!r}.")
        usage = LimitUsage(row.used, row.maximum, row.resets_at)
        if not row.is_counted:
            kind = PlanLimitReached if row.is_of_plan else LimitReached
            raise kind(name, maximum=usage.maximum, used=usage.used, reset=usage.resets_at)
        return usage


def _checked(amount: int) -> int:
    if amount < 0:
        raise ValueError(f"{amount} cannot be counted: it is below zero")
    return min(amount, _MORE_THAN_ANY)
