"""Telling other modules what has happened, in the transaction in which it happens.

    @post("/{deal_id:uuid}/won", guards=[requires("deals:write")])
    async def win(deal_id: FromPath[UUID], session: Session) -> DealOut:
        deal = await mark_won(session, deal_id)
        await publish(session, DealWon(deal.id, deal.amount))
        return DealOut.of(deal)

They are told before `publish` returns, and what they write is a part of the same transaction.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from tochka_plugins.events import Event, EventInfo
from tochka_plugins.neighbours import neighbours_of


class UndeclaredEvent(LookupError):
    """The module that publishes does not declare the event: a mistake of its own."""


class UnfitEvent(ValueError):
    """The event does not come back from JSON as it is: a mistake of the module."""


async def publish(session: AsyncSession, event: Event) -> None:
    """Tell the modules that are open to the tenant of *session*, by `tochka_event_published`.

    They are told in the transaction of *session*, in the order of dependencies, before this
    returns; what they write is kept if the transaction is. Let through what this raises, so that
    nothing is kept: a module may refuse what has happened. Where none listens the database is not
    asked.

    Raises:
        TochkaError: a module that is told refuses, or has failed.
        UndeclaredEvent: the module that publishes does not declare the event in `tochka_events`.
        UnfitEvent: the event does not come back from JSON as it is.
        RecursionError: modules that are told publish in their turn, and there is no end to it.
        RuntimeError: the transaction is no tenant's, or was not opened by the platform.
    """
    await neighbours_of(session).publish(session, event)


def known_events(session: AsyncSession) -> Sequence[EventInfo]:
    """Return what the tenant of *session* may be told of, by name.

    These are the events of the platform, and of the modules that are open to the tenant.

    Raises:
        RuntimeError: the transaction is no tenant's, or was not opened by the platform.
    """
    return neighbours_of(session).known_events()
