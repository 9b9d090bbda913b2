"""Keeping deals, and moving them from stage to stage."""

from typing import Final
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_contacts.api import ContactCard, ContactDirectory
from tochka_plugins import (
    Conflict,
    CrudService,
    InvalidInput,
    Limits,
    Page,
    PageQuery,
    Principal,
    publish,
)

from tochka_deals.events import DealCreated, DealLost, DealStageChanged, DealWon
from tochka_deals.models import Deal, Kind, Stage, StageChange
from tochka_deals.schemas import DealIn, DealMove, DealOut, DealPatch, DealRow, StageChangeOut
from tochka_deals.settings import DealSettings
from tochka_deals.stages import StageService

OPEN_DEALS: Final = "deals.open"
"""The limit of open deals."""


class DealRows(CrudService[Deal, DealRow]):
    """Keeps what is of this module in deals."""

    model_type = Deal
    schema_type = DealRow
    noun = "deal"
    orderable = (
        "title",
        "status",
        "amount_minor",
        "currency",
        "expected_close_on",
        "closed_at",
        "created_at",
        "updated_at",
    )
    searchable = ("title", "notes")


class StageChangeRows(CrudService[StageChange, StageChangeOut]):
    """Keeps how deals came to where they are."""

    model_type = StageChange
    schema_type = StageChangeOut
    noun = "change of stage"


class DealService:
    """Keeps the deals of one tenant, as somebody asks for it."""

    def __init__(
        self,
        session: AsyncSession,
        contacts: ContactDirectory,
        principal: Principal,
        settings: DealSettings,
    ) -> None:
        """Work in *session* with *contacts*, for *principal*, as the tenant has set."""
        self._session = session
        self._contacts = contacts
        self._principal = principal
        self._settings = settings
        self._rows = DealRows(session)
        self._changes = StageChangeRows(session)
        self._stages = StageService(session)

    async def create(self, data: DealIn) -> DealOut:
        """Add a deal, and tell of it.

        Raises:
            InvalidInput: there is no such contact or stage.
            Conflict: no stage is named, and the default pipeline has none that is open.
            LimitReached: the tenant has as many open deals as it may.
        """
        contact = await self._require_contact(data.contact_id)
        stage = await self._begin_at(data.stage_id)
        deal = await self._rows.create(
            data,
            currency=data.currency or self._settings.default_currency,
            **_place(stage),
        )
        await self._record(deal, None, stage)
        created = DealCreated(deal.id, deal.contact_id, deal.pipeline_id, deal.stage_id)
        await publish(self._session, created)
        await self._tell_end(deal, before="open")
        await self._count(before=None, after=deal.status)
        return _shown(deal, contact)

    async def get(self, deal_id: UUID) -> DealOut:
        """Return a deal.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._complete(await self._rows.get(deal_id))

    async def list_page(
        self, query: PageQuery, *conditions: ColumnElement[bool], **equal: object
    ) -> Page[DealOut]:
        """Return a page of the deals that fit; as `CrudService.list_page`."""
        page = await self._rows.list_page(query, *conditions, **equal)
        contacts = await self._contacts.find_all({deal.contact_id for deal in page.items})
        items = [_shown(deal, contacts.get(deal.contact_id)) for deal in page.items]
        return query.page(items, page.total)

    async def list_changes(self, deal_id: UUID, query: PageQuery) -> Page[StageChangeOut]:
        """Return a page of how a deal came to where it is, the first stage first.

        Raises:
            NotFound: there is no deal with this id.
        """
        await self._rows.get(deal_id)
        return await self._changes.list_page(query, deal_id=deal_id)

    async def change(self, deal_id: UUID, patch: DealPatch) -> DealOut:
        """Change the fields of *patch* that are set.

        Raises:
            NotFound: there is no deal with this id.
            InvalidInput: there is no such contact.
            Conflict: the deal is closed, and such are read-only.
        """
        if self._settings.closed_are_read_only:
            self._refuse_closed(await self._lock(deal_id))
        if patch.contact_id is not UNSET:
            await self._require_contact(patch.contact_id)
        deal = await self._rows.change(deal_id, patch)
        return await self._complete(deal)

    async def move(self, deal_id: UUID, wanted: DealMove) -> DealOut:
        """Let a deal be in another stage, of whatever pipeline, and tell of it.

        Of two moves at once the second sees the first.

        Raises:
            NotFound: there is no deal with this id.
            InvalidInput: there is no such stage.
            Conflict: the deal is not where it is believed to be.
            LimitReached: it is opened again, and the tenant has as many open deals as it may.
        """
        before = await self._lock(deal_id)
        if wanted.from_stage_id not in (None, before.stage_id):
            raise Conflict("The deal is in another stage by now.", stage_id=str(before.stage_id))
        stage = await self._require_stage(wanted.stage_id)
        if stage.id == before.stage_id:
            return await self._complete(before)
        place = _place(stage)
        if stage.kind == before.status:
            del place["closed_at"]
        deal = await self._rows.change(deal_id, DealPatch(), **place)
        await self._record(deal, await self._stages.find(before.stage_id), stage)
        await publish(self._session, DealStageChanged(deal.id, before.stage_id, deal.stage_id))
        await self._tell_end(deal, before=before.status)
        shown = await self._complete(deal)
        await self._count(before=before.status, after=deal.status)
        return shown

    async def delete(self, deal_id: UUID) -> None:
        """Remove a deal, and how it came to where it is.

        Raises:
            NotFound: there is no deal with this id.
            Conflict: the deal is closed, and such are read-only.
        """
        deal = await self._lock(deal_id)
        self._refuse_closed(deal)
        await self._rows.delete(deal_id)
        await self._count(before=deal.status, after=None)

    async def _lock(self, deal_id: UUID) -> DealRow:
        """Return a deal that nobody else changes until the transaction ends."""
        await self._session.execute(select(Deal.id).where(Deal.id == deal_id).with_for_update())
        return await self._rows.get(deal_id)

    def _refuse_closed(self, deal: DealRow) -> None:
        if self._settings.closed_are_read_only and deal.status != "open":
            raise Conflict(f"The deal is {deal.status}: move it to an open stage first.")

    async def _require_contact(self, contact_id: UUID) -> ContactCard:
        contact = await self._contacts.find(contact_id)
        if contact is None:
            raise InvalidInput("There is no such contact.", pointer="/contact_id")
        return contact

    async def _require_stage(self, stage_id: UUID) -> Stage:
        stage = await self._stages.find(stage_id)
        if stage is None:
            raise InvalidInput("There is no such stage.", pointer="/stage_id")
        return stage

    async def _begin_at(self, stage_id: UUID | None) -> Stage:
        if stage_id is not None:
            return await self._require_stage(stage_id)
        stage = await self._stages.find_first()
        if stage is None:
            raise Conflict("The default pipeline has no open stage: name one with stage_id.")
        return stage

    async def _record(self, deal: DealRow, before: Stage | None, stage: Stage) -> None:
        change = StageChange(
            deal_id=deal.id,
            from_stage_id=None if before is None else before.id,
            from_stage=None if before is None else before.name,
            to_stage_id=stage.id,
            to_stage=stage.name,
            changed_by=self._principal.user_id,
            # Not when the transaction began: another may have moved the deal since.
            created_at=func.clock_timestamp(),
        )
        self._session.add(change)
        await self._session.flush()

    async def _tell_end(self, deal: DealRow, *, before: Kind) -> None:
        """Tell that a deal is won or lost, unless it was that before."""
        ends = {"won": DealWon, "lost": DealLost}
        if deal.status != before and deal.status in ends:
            ended = ends[deal.status]
            event = ended(deal.id, deal.contact_id, deal.amount_minor, deal.currency)
            await publish(self._session, event)

    async def _count(self, *, before: Kind | None, after: Kind | None) -> None:
        """Count that a deal is open, or is no more; last of all, as others wait from then on."""
        limits = Limits(self._session)
        if before != "open" and after == "open":
            await limits.consume(OPEN_DEALS)
        elif before == "open" and after != "open":
            await limits.release(OPEN_DEALS)

    async def _complete(self, deal: DealRow) -> DealOut:
        return _shown(deal, await self._contacts.find(deal.contact_id))


def _place(stage: Stage) -> dict[str, object]:
    """Return what a deal has in *stage*."""
    return {
        "stage_id": stage.id,
        "pipeline_id": stage.pipeline_id,
        "status": stage.kind,
        "closed_at": None if stage.kind == "open" else func.now(),
    }


def _shown(deal: DealRow, contact: ContactCard | None) -> DealOut:
    return DealOut(**asdict(deal), contact_name=None if contact is None else contact.name)
