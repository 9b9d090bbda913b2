"""Deals as they cross HTTP."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tochka_deals.currencies import Currency
from tochka_deals.models import MAX_AMOUNT_MINOR, Kind

Title = Annotated[str, Meta(min_length=1, max_length=200, examples=["Ten chairs"])]
AmountMinor = Annotated[int, Meta(ge=0, le=MAX_AMOUNT_MINOR, examples=[99000])]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=50)]], Meta(max_length=50)]
Notes = Annotated[str, Meta(max_length=10_000)]


class DealIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A deal to create."""

    title: Title
    contact_id: UUID
    stage_id: UUID | None = None
    """Where it begins; otherwise at the first open stage of the default pipeline."""
    amount_minor: AmountMinor = 0
    """In the smallest unit of the currency."""
    currency: Currency | None = None
    """ISO 4217; otherwise as the tenant has set."""
    expected_close_on: date | None = None
    owner_id: UUID | None = None
    """A member of the tenant."""
    tags: Tags = msgspec.field(default_factory=list)
    notes: Notes | None = None


class DealPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a deal; a field that is left out stays as it is."""

    title: Title | UnsetType = UNSET
    contact_id: UUID | UnsetType = UNSET
    amount_minor: AmountMinor | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    expected_close_on: date | UnsetType | None = UNSET
    owner_id: UUID | UnsetType | None = UNSET
    tags: Tags | UnsetType = UNSET
    notes: Notes | UnsetType | None = UNSET


class DealMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a deal is to go."""

    stage_id: UUID
    from_stage_id: UUID | None = None
    """Where it is believed to be; the move is refused when it is elsewhere by then."""


class DealRow(msgspec.Struct, frozen=True):
    """What this module keeps of a deal."""

    id: UUID
    title: str
    contact_id: UUID
    pipeline_id: UUID
    stage_id: UUID
    status: Kind
    amount_minor: int
    currency: str
    expected_close_on: date | None
    closed_at: datetime | None
    owner_id: UUID | None
    tags: list[str]
    notes: str | None
    created_at: datetime
    updated_at: datetime


class DealOut(DealRow, frozen=True, kw_only=True):
    """A deal."""

    contact_name: str | None


class StageChangeOut(msgspec.Struct, frozen=True):
    """That a deal came to a stage; stages are told as they were called then."""

    id: UUID
    from_stage_id: UUID | None
    """`null` where the deal began."""
    from_stage: str | None
    to_stage_id: UUID
    to_stage: str
    changed_by: UUID | None
    """`null` for an API key."""
    created_at: datetime
