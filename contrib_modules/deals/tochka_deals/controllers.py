"""`/api/v1/deals`."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from tochka_contacts.api import ContactDirectory
from tochka_plugins import (
    CurrentPrincipal,
    CurrentSettings,
    FromModule,
    Page,
    RequestedPage,
    Session,
    requires,
)

from tochka_deals.models import MAX_AMOUNT_MINOR, Deal, Kind
from tochka_deals.pipeline_schemas import PipelineSummary
from tochka_deals.schemas import DealIn, DealMove, DealOut, DealPatch, StageChangeOut
from tochka_deals.services import DealService
from tochka_deals.settings import DealSettings
from tochka_deals.summaries import summarize

WRITING = requires("deals:write")

Text = Annotated[str | None, QueryParameter(max_length=200)]
Amount = Annotated[int | None, QueryParameter(ge=0, le=MAX_AMOUNT_MINOR)]


async def provide_deals(
    session: Session,
    contacts: FromModule[ContactDirectory],
    principal: CurrentPrincipal,
    settings: CurrentSettings[DealSettings],
) -> DealService:
    """Give handlers what keeps the deals."""
    return DealService(session, contacts, principal, settings)


Deals = NamedDependency[DealService]


class DealController(Controller):
    """Deals of the chosen tenant."""

    path = "/"
    guards = (requires("deals:read"),)
    dependencies = {"deals": Provide(provide_deals)}  # noqa: RUF012 - the type is Litestar's

    @post("/", summary="Create a deal", guards=[WRITING])
    async def create(self, data: JSONBody[DealIn], deals: Deals) -> DealOut:
        """Add a deal with a contact."""
        return await deals.create(data)

    @get("/", summary="List deals")
    async def list_all(
        self,
        *,
        deals: Deals,
        page_query: RequestedPage,
        status: FromQuery[Kind | None] = None,
        stage_id: FromQuery[UUID | None] = None,
        pipeline_id: FromQuery[UUID | None] = None,
        contact_id: FromQuery[UUID | None] = None,
        owner_id: FromQuery[UUID | None] = None,
        currency: Text = None,
        min_amount_minor: Amount = None,
        max_amount_minor: Amount = None,
        tag: Text = None,
    ) -> Page[DealOut]:
        """Return one page; `search` looks into titles and notes."""
        conditions = []
        if min_amount_minor is not None:
            conditions.append(Deal.amount_minor >= min_amount_minor)
        if max_amount_minor is not None:
            conditions.append(Deal.amount_minor <= max_amount_minor)
        if tag is not None:
            conditions.append(Deal.tags.contains([tag]))
        return await deals.list_page(
            page_query,
            *conditions,
            status=status,
            stage_id=stage_id,
            pipeline_id=pipeline_id,
            contact_id=contact_id,
            owner_id=owner_id,
            currency=currency,
        )

    @get("/summary", summary="Sum up the deals of a pipeline")
    async def sum_up(
        self, session: Session, pipeline_id: FromQuery[UUID | None] = None
    ) -> PipelineSummary:
        """Return what is in each stage of a pipeline, of the default one unless told otherwise."""
        return await summarize(session, pipeline_id)

    @get("/{deal_id:uuid}", summary="Get a deal")
    async def get_one(self, deal_id: FromPath[UUID], deals: Deals) -> DealOut:
        """Return one deal."""
        return await deals.get(deal_id)

    @patch("/{deal_id:uuid}", summary="Change a deal", guards=[WRITING])
    async def change(
        self, deal_id: FromPath[UUID], data: JSONBody[DealPatch], deals: Deals
    ) -> DealOut:
        """Change the fields that the body names."""
        return await deals.change(deal_id, data)

    @post("/{deal_id:uuid}/move", summary="Move a deal", guards=[WRITING], status_code=200)
    async def move(
        self, deal_id: FromPath[UUID], data: JSONBody[DealMove], deals: Deals
    ) -> DealOut:
        """Let a deal be in another stage."""
        return await deals.move(deal_id, data)

    @get("/{deal_id:uuid}/changes", summary="List the stages that a deal has been in")
    async def list_changes(
        self, deal_id: FromPath[UUID], deals: Deals, page_query: RequestedPage
    ) -> Page[StageChangeOut]:
        """Return one page of how a deal came to where it is, the first stage first."""
        return await deals.list_changes(deal_id, page_query)

    @delete("/{deal_id:uuid}", summary="Delete a deal", guards=[WRITING])
    async def delete(self, deal_id: FromPath[UUID], deals: Deals) -> None:
        """Remove a deal."""
        await deals.delete(deal_id)
