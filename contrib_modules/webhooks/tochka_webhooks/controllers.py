"""`/api/v1/webhooks`."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED
from tochka_plugins import Page, RequestedPage, Session, requires

from tochka_webhooks.models import Status
from tochka_webhooks.schemas import (
    AttemptOut,
    DeliveryOut,
    EndpointCreated,
    EndpointIn,
    EndpointOut,
    EndpointPatch,
    Replayed,
    ReplayIn,
    Rotation,
    SecretRotated,
)
from tochka_webhooks.services import AttemptService, DeliveryService, EndpointService

READING, WRITING = requires("webhooks:read"), requires("webhooks:write")

Text = Annotated[str | None, QueryParameter(max_length=200)]


class EndpointController(Controller):
    """The URLs that the chosen tenant is told at."""

    path = "/endpoints"
    guards = (READING,)

    @post("/", summary="Create an endpoint", guards=[WRITING])
    async def create(self, data: JSONBody[EndpointIn], session: Session) -> EndpointCreated:
        """Add a URL; its secret is in this answer, and in no other."""
        return await EndpointService(session).create_with_secret(data)

    @get("/", summary="List endpoints")
    async def list_all(
        self, session: Session, page_query: RequestedPage, enabled: FromQuery[bool | None] = None
    ) -> Page[EndpointOut]:
        """Return one page; `search` looks into URL and description."""
        return await EndpointService(session).list_page(page_query, enabled=enabled)

    @get("/{endpoint_id:uuid}", summary="Get an endpoint")
    async def get_one(self, endpoint_id: FromPath[UUID], session: Session) -> EndpointOut:
        """Return one endpoint."""
        return await EndpointService(session).get(endpoint_id)

    @patch("/{endpoint_id:uuid}", summary="Change an endpoint", guards=[WRITING])
    async def change(
        self, endpoint_id: FromPath[UUID], data: JSONBody[EndpointPatch], session: Session
    ) -> EndpointOut:
        """Change the fields that the body names; what is pending goes to the new URL."""
        return await EndpointService(session).change_checked(endpoint_id, data)

    @delete("/{endpoint_id:uuid}", summary="Delete an endpoint", guards=[WRITING])
    async def delete(self, endpoint_id: FromPath[UUID], session: Session) -> None:
        """Remove an endpoint, with all that was or is to be delivered to it."""
        await EndpointService(session).delete(endpoint_id)

    @post(
        "/{endpoint_id:uuid}/rotate",
        summary="Rotate the secret of an endpoint",
        guards=[WRITING],
        status_code=HTTP_200_OK,
    )
    async def rotate(
        self, endpoint_id: FromPath[UUID], data: JSONBody[Rotation], session: Session
    ) -> SecretRotated:
        """Exchange the secret; the new one is in this answer, and in no other."""
        service = EndpointService(session)
        return await service.rotate(endpoint_id, overlap_hours=data.overlap_hours)

    @post(
        "/{endpoint_id:uuid}/test",
        summary="Send a test event",
        guards=[WRITING],
        status_code=HTTP_202_ACCEPTED,
    )
    async def test(self, endpoint_id: FromPath[UUID], session: Session) -> DeliveryOut:
        """Tell the endpoint of `webhooks.test`, whatever it wants to know of."""
        return await EndpointService(session).send_test(endpoint_id)

    @post(
        "/{endpoint_id:uuid}/replay",
        summary="Replay what an endpoint was not told",
        guards=[WRITING],
        status_code=HTTP_202_ACCEPTED,
    )
    async def replay(
        self, endpoint_id: FromPath[UUID], data: JSONBody[ReplayIn], session: Session
    ) -> Replayed:
        """Try again all deliveries that are dead, of what has happened since a moment."""
        return await EndpointService(session).replay_dead(endpoint_id, since=data.since)


class DeliveryController(Controller):
    """What the endpoints of the chosen tenant are told, and were."""

    path = "/deliveries"
    guards = (READING,)

    @get("/", summary="List deliveries")
    async def list_all(
        self,
        session: Session,
        page_query: RequestedPage,
        status: FromQuery[Status | None] = None,
        endpoint_id: FromQuery[UUID | None] = None,
        event_type: Text = None,
    ) -> Page[DeliveryOut]:
        """Return one page; `search` looks into the body and the id of the message."""
        return await DeliveryService(session).list_page(
            page_query, status=status, endpoint_id=endpoint_id, event_type=event_type
        )

    @get("/{delivery_id:uuid}", summary="Get a delivery")
    async def get_one(self, delivery_id: FromPath[UUID], session: Session) -> DeliveryOut:
        """Return one delivery."""
        return await DeliveryService(session).get(delivery_id)

    @get("/{delivery_id:uuid}/attempts", summary="List the attempts to make a delivery")
    async def list_attempts(
        self, delivery_id: FromPath[UUID], session: Session, page_query: RequestedPage
    ) -> Page[AttemptOut]:
        """Return one page, the first attempt first unless it is ordered otherwise."""
        return await AttemptService(session).list_of(delivery_id, page_query)

    @post(
        "/{delivery_id:uuid}/replay",
        summary="Replay a delivery",
        guards=[WRITING],
        status_code=HTTP_202_ACCEPTED,
    )
    async def replay(self, delivery_id: FromPath[UUID], session: Session) -> DeliveryOut:
        """Send again what is delivered or dead, as the same message."""
        return await DeliveryService(session).replay(delivery_id)
