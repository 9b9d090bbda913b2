"""Pipelines, their stages, and what is in them, as they cross HTTP."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tochka_deals.models import Kind

MAX_STAGES = 100

Name = Annotated[str, Meta(min_length=1, max_length=100, examples=["Offer sent"])]


class StageIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stage to add; it comes last."""

    name: Name
    kind: Kind = "open"


class StagePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a stage."""

    name: Name | UnsetType = UNSET


class StageOut(msgspec.Struct, frozen=True):
    """A stage."""

    id: UUID
    pipeline_id: UUID
    name: str
    kind: Kind
    position: int
    """From 1 on, without a rule about gaps."""


class StageOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All stages of a pipeline, in the order in which they are to be."""

    stage_ids: Annotated[list[UUID], Meta(max_length=MAX_STAGES)]


class PipelineIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pipeline to create."""

    name: Name
    stages: Annotated[list[StageIn], Meta(min_length=1, max_length=MAX_STAGES)]
    """In their order."""


class PipelinePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a pipeline."""

    name: Name | UnsetType = UNSET
    is_default: Literal[True] | UnsetType = UNSET
    """Deals begin here from now on, and no longer in the pipeline that was the default before."""


class PipelineRow(msgspec.Struct, frozen=True):
    """A pipeline without its stages."""

    id: UUID
    name: str
    is_default: bool


class PipelineOut(PipelineRow, frozen=True):
    """A pipeline."""

    stages: Sequence[StageOut]
    """In their order."""


class CurrencySum(msgspec.Struct, frozen=True):
    """The deals of one currency."""

    currency: str
    deals: int
    amount_minor: int
    """Their sum, in the smallest unit of the currency. It may have more than 64 bits."""


class StageSummary(msgspec.Struct, frozen=True):
    """What is in a stage."""

    stage_id: UUID
    name: str
    kind: Kind
    deals: int
    sums: Sequence[CurrencySum]
    """By currency: amounts of two are never added up."""


class PipelineSummary(msgspec.Struct, frozen=True):
    """What is in the stages of a pipeline, in their order."""

    pipeline_id: UUID
    name: str
    stages: Sequence[StageSummary]
