"""What can be sold: known modules, declared limits, and prices in currencies that there are."""

from collections.abc import Mapping, Sequence
from typing import Final

import iso4217
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import InvalidInput

from tochka_core.limits.models import DeclaredLimit
from tochka_core.pointers import pointer_to
from tochka_core.registry.models import Module

CURRENCIES: Final = frozenset(
    currency.value for currency in iso4217.Currency if currency.exponent is not None
)
"""Those that money is counted in: gold, and the codes for tests and for none, have no units."""


def known_currency(code: str) -> str:
    """Return *code*.

    Raises:
        InvalidInput: it is no currency of ISO 4217 that has a smallest unit.
    """
    if code not in CURRENCIES:
        raise InvalidInput("There is no such currency in ISO 4217.", pointer="/currency")
    return code


async def known_modules(session: AsyncSession, names: Sequence[str]) -> list[str]:
    """Return *names* in order, each once. A module has to be known, but not to be ready.

    Raises:
        InvalidInput: there is no such module; it is pointed at.
    """
    known = set(await session.scalars(select(Module.name).where(Module.name.in_(names))))
    for place, name in enumerate(names):
        if name not in known:
            raise InvalidInput("There is no such module.", pointer=f"/modules/{place}")
    return sorted(known)


async def known_limits(
    session: AsyncSession, wanted: Mapping[str, int | None]
) -> dict[str, int | None]:
    """Return *wanted*, whose names have to be those of limits that modules declare.

    Raises:
        InvalidInput: there is no such limit; it is pointed at.
    """
    names = select(DeclaredLimit.name).where(DeclaredLimit.name.in_(wanted))
    known = set(await session.scalars(names))
    for name in wanted:
        if name not in known:
            raise InvalidInput("There is no such limit.", pointer=pointer_to(("limits", name)))
    return dict(wanted)
