"""What has become of an attempt: of the delivery, and of an endpoint that fails for long."""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import TochkaError, publish

from tochka_webhooks.events import EndpointDisabled
from tochka_webhooks.models import Attempt, Delivery, Endpoint
from tochka_webhooks.queue import Parcel
from tochka_webhooks.schedule import DELAYS, next_attempt
from tochka_webhooks.sending import Answer

PATIENCE: Final = timedelta(days=5)
"""How long an endpoint may take nothing, before it is told no more: longer than all attempts to
make one delivery take."""

GONE: Final = "It has answered 410 Gone."
FAILING: Final = f"It has taken nothing for {PATIENCE.days} days."

_NOTED_EVERY: Final = timedelta(hours=1)
"""That an endpoint takes what it is told is written down no more often than that."""

_log = logging.getLogger(__name__)


async def record(
    session: AsyncSession, parcel: Parcel, answer: Answer, *, began_at: datetime
) -> None:
    """Write down what has come of an attempt, and when the next one is, if any.

    Where the claim has been lost meanwhile, whoever has it now says so instead.
    """
    ended_at = began_at + timedelta(milliseconds=answer.duration_ms)
    # An archive from elsewhere may hold any number, and one that is too big would be sent for ever.
    tries = min(parcel.tries, len(DELAYS)) + 1
    due_at = None
    if not (answer.is_success or answer.is_gone):
        due_at = next_attempt(tries, at=ended_at, retry_after=answer.retry_after)
    status = "pending" if due_at else "delivered" if answer.is_success else "dead"
    finished_at = None if due_at else ended_at
    values = {"status": status, "tries": tries, "due_at": due_at, "finished_at": finished_at}
    # Before the delivery, as who deletes an endpoint does: neither waits for the other in a circle.
    endpoint = select(Endpoint.id).where(Endpoint.id == parcel.endpoint_id)
    await session.execute(endpoint.with_for_update(read=True, key_share=True))
    held = (Delivery.id == parcel.delivery_id) & (Delivery.claim == parcel.claim)
    ended = update(Delivery).where(held).values(claim=None, **values).returning(Delivery.id)
    if (await session.execute(ended)).one_or_none() is None:
        return
    session.add(
        Attempt(
            delivery_id=parcel.delivery_id,
            began_at=began_at,
            duration_ms=answer.duration_ms,
            status_code=answer.status_code,
            error=answer.error,
            answer=answer.excerpt,
        )
    )
    await _judge_endpoint(session, parcel, answer, status, ended_at)


async def _judge_endpoint(
    session: AsyncSession, parcel: Parcel, answer: Answer, status: str, at: datetime
) -> None:
    """Note that the endpoint takes what it is told, or tell it no more."""
    own, last = Endpoint.id == parcel.endpoint_id, Endpoint.succeeded_at
    if answer.is_success:
        is_news = or_(last.is_(None), last < at - _NOTED_EVERY)
        await session.execute(update(Endpoint).where(own, is_news).values(succeeded_at=at))
    elif answer.is_gone:
        await _disable(session, parcel, GONE)
    elif status == "dead":
        is_long = func.coalesce(last, Endpoint.created_at) < at - PATIENCE
        await _disable(session, parcel, FAILING, is_long)


async def _disable(
    session: AsyncSession, parcel: Parcel, reason: str, *where: ColumnElement[bool]
) -> None:
    own = (Endpoint.id == parcel.endpoint_id) & Endpoint.enabled
    values = {"enabled": False, "disabled_because": reason}
    disabling = update(Endpoint).where(own, *where).values(**values).returning(Endpoint.id)
    if (await session.execute(disabling)).one_or_none() is None:
        return
    try:
        async with session.begin_nested():
            await publish(session, EndpointDisabled(parcel.endpoint_id, reason))
    except TochkaError as error:
        # It is disabled all the same: nobody can make it answer.
        _log.warning("webhooks: %s is disabled, and not told: %s", parcel.endpoint_id, error)
