"""Keeping endpoints, and looking into what was delivered to them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import (
    Conflict,
    CrudService,
    InvalidInput,
    Page,
    PageQuery,
    Unavailable,
    in_utc,
    known_events,
    seal,
    unseal,
)
from uuid_utils.compat import uuid7

from tochka_webhooks.destinations import Refused, parse_url
from tochka_webhooks.models import Attempt, Delivery, Endpoint
from tochka_webhooks.outbox import TEST_EVENT, Message, write_message
from tochka_webhooks.schemas import (
    AttemptOut,
    DeliveryOut,
    EndpointCreated,
    EndpointIn,
    EndpointOut,
    EndpointPatch,
    Replayed,
    SecretRotated,
)
from tochka_webhooks.settings import operator_settings
from tochka_webhooks.signing import new_secret


class EndpointService(CrudService[Endpoint, EndpointOut]):
    """Keeps the endpoints of one tenant, and their secrets."""

    model_type = Endpoint
    schema_type = EndpointOut
    noun = "endpoint"
    orderable = ("url", "enabled", "created_at", "updated_at")
    searchable = ("url", "description")
    limit = "webhooks.endpoints"

    async def create_with_secret(self, data: EndpointIn) -> EndpointCreated:
        """Add an endpoint, and return it with a new secret.

        Raises:
            InvalidInput: nothing is sent to such a URL, or no such event may happen.
            LimitReached: the tenant has as many as it may.
            Unavailable: the operator has set no keys to keep a secret with.
        """
        self._refuse_url(data.url)
        self._refuse_unknown(data.event_types)
        endpoint_id, secret = uuid7(), new_secret()
        sealed = seal(self.session, secret, Endpoint.secret, endpoint_id)
        made = await self.create(data, id=endpoint_id, secret=sealed)
        return EndpointCreated(**msgspec.structs.asdict(made), secret=secret)

    async def change_checked(self, endpoint_id: UUID, patch: EndpointPatch) -> EndpointOut:
        """Change what *patch* names; one that is enabled or disabled has been so by its tenant.

        Raises:
            InvalidInput: as when it is created.
            NotFound: there is no such endpoint.
        """
        if patch.url is not UNSET:
            self._refuse_url(patch.url)
        if patch.event_types is not UNSET:
            self._refuse_unknown(patch.event_types)
        more = {} if patch.enabled is UNSET else {"disabled_because": None}
        return await self.change(endpoint_id, patch, **more)

    async def rotate(self, endpoint_id: UUID, *, overlap_hours: int) -> SecretRotated:
        """Return a new secret; what is sent is signed with both for *overlap_hours*.

        One that cannot be read any more is exchanged without an overlap.

        Raises:
            NotFound: there is no such endpoint.
            Unavailable: the operator has set no keys to keep a secret with.
        """
        endpoint = await self.session.get(Endpoint, endpoint_id, with_for_update=True)
        if endpoint is None:
            raise self._missing()
        secret = new_secret()
        sealed = seal(self.session, secret, Endpoint.secret, endpoint_id)
        until = datetime.now(UTC)
        try:
            previous = unseal(self.session, endpoint.secret, Endpoint.secret, endpoint_id)
        except Unavailable:
            endpoint.previous_secret = None
        else:
            column = Endpoint.previous_secret
            endpoint.previous_secret = seal(self.session, previous, column, endpoint_id)
            until += timedelta(hours=overlap_hours)
        endpoint.secret, endpoint.previous_secret_until = sealed, until
        return SecretRotated(secret, until)

    async def send_test(self, endpoint_id: UUID) -> DeliveryOut:
        """Send a test event to one endpoint, whatever it wants to know of.

        Raises:
            NotFound: there is no such endpoint.
            Conflict: it is disabled.
        """
        if not (await self.get(endpoint_id)).enabled:
            raise Conflict("The endpoint is disabled; enable it first.")
        message = Message(TEST_EVENT, datetime.now(UTC), {"endpoint_id": str(endpoint_id)})
        (delivery_id,) = await write_message(self.session, message, [endpoint_id])
        return await DeliveryService(self.session).get(delivery_id)

    async def replay_dead(self, endpoint_id: UUID, *, since: datetime) -> Replayed:
        """Try all again that has failed for good, of what has happened *since* then.

        Raises:
            NotFound: there is no such endpoint.
            InvalidInput: there is no such moment in UTC.
        """
        await self.get(endpoint_id)
        of_endpoint, dead = Delivery.endpoint_id == endpoint_id, Delivery.status == "dead"
        is_meant = of_endpoint & dead & (Delivery.occurred_at >= in_utc(since, pointer="/since"))
        return Replayed(len(await _begin_anew(self.session, is_meant)))

    def _refuse_url(self, url: str) -> None:
        try:
            parse_url(url, operator_settings())
        except Refused as refusal:
            raise InvalidInput(str(refusal), pointer="/url") from None

    def _refuse_unknown(self, event_types: Sequence[str] | None) -> None:
        known = {event.name for event in known_events(self.session)}
        for number, name in enumerate(event_types or ()):
            if name not in known:
                told = f"No event {name} may happen to this tenant."
                raise InvalidInput(told, pointer=f"/event_types/{number}")


class DeliveryService(CrudService[Delivery, DeliveryOut]):
    """Shows what was delivered to the endpoints of one tenant, and tries it again."""

    model_type = Delivery
    schema_type = DeliveryOut
    noun = "delivery"
    orderable = ("occurred_at", "due_at", "finished_at", "event_type", "status", "tries")
    searchable = ("payload", "message_id")

    async def replay(self, delivery_id: UUID) -> DeliveryOut:
        """Send one again that has ended, as the same message.

        Raises:
            NotFound: there is no such delivery.
            Conflict: it has not ended.
        """
        await self.get(delivery_id)
        ended = (Delivery.id == delivery_id) & (Delivery.status != "pending")
        if not await _begin_anew(self.session, ended):
            raise Conflict("It is still being delivered.")
        return await self.get(delivery_id)


class AttemptService(CrudService[Attempt, AttemptOut]):
    """Shows what has come of each request."""

    model_type = Attempt
    schema_type = AttemptOut
    noun = "attempt"
    orderable = ("began_at", "duration_ms", "status_code")
    searchable = ("error", "answer")

    async def list_of(self, delivery_id: UUID, query: PageQuery) -> Page[AttemptOut]:
        """Return a page of the attempts to make one delivery.

        Raises:
            NotFound: there is no such delivery.
        """
        await DeliveryService(self.session).get(delivery_id)
        return await self.list_page(query, delivery_id=delivery_id)


async def _begin_anew(session: AsyncSession, which: ColumnElement[bool]) -> Sequence[UUID]:
    """Have deliveries that have ended tried as if they were new; return their ids."""
    anew = {"status": "pending", "tries": 0, "due_at": datetime.now(UTC), "finished_at": None}
    begun = update(Delivery).where(which).values(**anew).returning(Delivery.id)
    return (await session.scalars(begun)).all()
