"""Writing down what is to be delivered, in the transaction in which it happens."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Event, event_name, known_events
from uuid_utils.compat import uuid7

from tochka_webhooks.models import Delivery, Endpoint

TEST_EVENT: Final = "webhooks.test"
"""What a receiver is told when its tenant wants to see whether that works; it never happens."""


class Message(msgspec.Struct, frozen=True):
    """The body of a webhook, as the specification recommends it."""

    type: str
    timestamp: datetime
    data: dict[str, object]


async def write_down(session: AsyncSession, event: Event) -> bool:
    """Have each endpoint that wants to know of *event* told of it, if *session* is committed.

    Return whether there is any.
    """
    name = event_name(event)
    wanting = select(Endpoint.id).where(
        Endpoint.enabled,
        or_(Endpoint.event_types.is_(None), Endpoint.event_types.contains([name])),
    )
    # Locked, so that one that is deleted meanwhile is not told, and fails nobody.
    locked = wanting.with_for_update(read=True, key_share=True)
    endpoints = (await session.scalars(locked)).all()
    if not endpoints or not any(known.name == name for known in known_events(session)):
        return False
    data = msgspec.json.decode(msgspec.json.encode(event), type=dict[str, object])
    del data["type"]
    await write_message(session, Message(name, datetime.now(UTC), data), endpoints)
    return True


async def write_message(
    session: AsyncSession, message: Message, endpoints: Collection[UUID]
) -> list[UUID]:
    """Have *endpoints* told of *message* as soon as can be; return the ids of the deliveries."""
    message_id = f"msg_{uuid7().hex}"
    payload = msgspec.json.encode(message).decode()
    told = {
        "message_id": message_id,
        "event_type": message.type,
        "payload": payload,
        "occurred_at": message.timestamp,
        "due_at": message.timestamp,
    }
    to = {uuid7(): endpoint for endpoint in endpoints}
    rows = [{"id": each, "endpoint_id": endpoint, **told} for each, endpoint in to.items()]
    await session.execute(insert(Delivery), rows)
    return [*to]
