"""What is due: found among all tenants, and claimed for a while.

Who delivers claims a row by making it due again a little later, when the one that has claimed it
must have ended or be dead. So no two workers send it at once, and none that dies takes it along.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import ARRAY, TIMESTAMP, Uuid, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from tochka_plugins import Unavailable, unseal

from tochka_webhooks.models import Delivery, Endpoint

_DUE: Final = text(
    # One step for each endpoint that has something pending, however much that is.
    """
    WITH RECURSIVE waiting AS (
        (SELECT tenant_id, endpoint_id FROM mod_webhooks.deliveries WHERE status = 'pending'
            ORDER BY tenant_id, endpoint_id LIMIT 1)
        UNION ALL
        SELECT further.tenant_id, further.endpoint_id FROM waiting CROSS JOIN LATERAL (
            SELECT tenant_id, endpoint_id FROM mod_webhooks.deliveries
            WHERE status = 'pending'
                AND (tenant_id, endpoint_id) > (waiting.tenant_id, waiting.endpoint_id)
            ORDER BY tenant_id, endpoint_id LIMIT 1
        ) further
    )
    SELECT tenant_id, endpoint_id FROM waiting
    WHERE tenant_id <> ALL (:passed_over)
        AND EXISTS (SELECT FROM mod_webhooks.endpoints e
            WHERE e.tenant_id = waiting.tenant_id AND e.id = waiting.endpoint_id AND e.enabled)
        AND EXISTS (SELECT FROM mod_webhooks.deliveries d
            WHERE d.status = 'pending' AND d.due_at <= :at
                AND d.tenant_id = waiting.tenant_id AND d.endpoint_id = waiting.endpoint_id)
    ORDER BY random()
    """
).bindparams(
    bindparam("passed_over", type_=ARRAY(Uuid)), bindparam("at", type_=TIMESTAMP(timezone=True))
)

_SENT_SINCE: Final = text(
    # The last of each tenant by the index: the ids are in the order of time.
    """
    SELECT EXISTS (
        SELECT FROM unnest(CAST(:tenants AS uuid[])) AS waiting (tenant_id) CROSS JOIN LATERAL (
            SELECT began_at FROM mod_webhooks.attempts a
            WHERE a.tenant_id = waiting.tenant_id ORDER BY a.id DESC LIMIT 1
        ) newest
        WHERE newest.began_at > :moment
    )
    """
).bindparams(
    bindparam("tenants", type_=ARRAY(Uuid)), bindparam("moment", type_=TIMESTAMP(timezone=True))
)


class Due(msgspec.Struct, frozen=True):
    """An endpoint for which something is due."""

    tenant_id: UUID
    endpoint_id: UUID


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery in hand, with all that is needed to send it."""

    delivery_id: UUID
    endpoint_id: UUID
    claim: UUID
    message_id: str
    payload: str
    tries: int
    url: str
    secrets: tuple[str, ...]
    """Those that can be read."""


async def find_due(
    session: AsyncSession, *, at: datetime, passed_over: Collection[UUID] = ()
) -> Sequence[Due]:
    """Return the endpoints of all tenants but those *passed_over* for which something is due.

    In no order, so that none is always the last.
    """
    found = await session.execute(_DUE, {"at": at, "passed_over": list(passed_over)})
    return [Due(row.tenant_id, row.endpoint_id) for row in found]


async def was_sent_since(
    session: AsyncSession, moment: datetime, tenants: Collection[UUID]
) -> bool:
    """Tell whether an attempt for any of *tenants* has begun since *moment*."""
    found = await session.execute(_SENT_SINCE, {"tenants": list(tenants), "moment": moment})
    return bool(found.scalar_one())


async def claim(
    session: AsyncSession, endpoint_id: UUID, *, at: datetime, until: datetime, at_most: int
) -> Sequence[Parcel]:
    """Take in hand, *until* then, what is due for an endpoint *at* this moment.

    What another worker is just taking is left to it.
    """
    # Asked of the database, which knows of an end that never comes, too.
    in_force = func.coalesce(Endpoint.previous_secret_until > at, False)
    wanted = select(Endpoint, in_force).where(Endpoint.id == endpoint_id, Endpoint.enabled)
    found = (await session.execute(wanted)).one_or_none()
    if found is None:
        return []
    endpoint, with_previous = found
    due = (
        select(Delivery.id)
        .where(
            Delivery.endpoint_id == endpoint_id,
            Delivery.status == "pending",
            Delivery.due_at <= at,
        )
        .order_by(Delivery.due_at)
        .limit(at_most)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    own = uuid4()
    taken = await session.execute(
        update(Delivery)
        .where(Delivery.id.in_(select(due.c.id)))
        .values(due_at=until, claim=own)
        .returning(Delivery.id, Delivery.message_id, Delivery.payload, Delivery.tries)
        .execution_options(synchronize_session=False)
    )
    secrets = _secrets_of(session, endpoint, with_previous=with_previous)
    return [
        Parcel(
            delivery_id=row.id,
            endpoint_id=endpoint_id,
            claim=own,
            message_id=row.message_id,
            payload=row.payload,
            tries=row.tries,
            url=endpoint.url,
            secrets=secrets,
        )
        for row in taken
    ]


async def put_back(session: AsyncSession, parcels: Sequence[Parcel], *, at: datetime) -> None:
    """Make due again *at* this moment, untried, what was taken in hand in one go."""
    held = Delivery.claim == parcels[0].claim
    ids = [parcel.delivery_id for parcel in parcels]
    await session.execute(
        update(Delivery).where(Delivery.id.in_(ids), held).values(due_at=at, claim=None)
    )


def _secrets_of(
    session: AsyncSession, endpoint: Endpoint, *, with_previous: bool
) -> tuple[str, ...]:
    kept: list[tuple[str, InstrumentedAttribute[Any]]] = [(endpoint.secret, Endpoint.secret)]
    if endpoint.previous_secret is not None and with_previous:
        kept.append((endpoint.previous_secret, Endpoint.previous_secret))
    readable = []
    for secret, column in kept:
        with suppress(Unavailable):
            readable.append(unseal(session, secret, column, endpoint.id))
    return tuple(readable)
