"""Plans as they cross HTTP."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tochka_core.subscriptions.models import Period, Plan
from tochka_core.tenants.schemas import Title

MAX_INTEGER = 2**53 - 1
"""What every JSON parser reads exactly."""

Code = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_-]{0,39}\Z", examples=["pro"])]
PriceMinor = Annotated[int, Meta(ge=0, le=MAX_INTEGER, examples=[99000])]
Currency = Annotated[str, Meta(min_length=3, max_length=3, examples=["RUB"])]
TrialDays = Annotated[int, Meta(ge=0, le=3650)]
ModuleNames = Annotated[list[str], Meta(max_length=200)]
LimitValue = Annotated[int, Meta(ge=0, le=MAX_INTEGER)] | None
Limits = Annotated[dict[str, LimitValue], Meta(max_length=200)]


class PlanIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan to sell."""

    code: Code
    title: Title
    price_minor: PriceMinor
    """For each period, in the smallest unit of the currency."""
    currency: Currency
    """ISO 4217."""
    period: Period
    modules: ModuleNames
    trial_days: TrialDays = 0
    limits: Limits = {}
    """By name; `null` is any number."""
    active_from: datetime | None = None
    """With a time zone; without it the plan is sold from now on."""
    active_until: datetime | None = None
    """The first moment at which it is sold no more."""


class PlanPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a plan; a field that is left out stays as it is."""

    title: Title | UnsetType = UNSET
    price_minor: PriceMinor | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    modules: ModuleNames | UnsetType = UNSET
    trial_days: TrialDays | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    active_from: datetime | UnsetType = UNSET
    active_until: datetime | UnsetType | None = UNSET


class PlanOut(msgspec.Struct, frozen=True):
    """A plan."""

    code: str
    title: str
    price_minor: int
    currency: str
    period: Period
    trial_days: int
    modules: list[str]
    limits: dict[str, int | None]
    active_from: datetime
    active_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, plan: Plan) -> "PlanOut":
        """Show *plan*."""
        return cls(**{field: getattr(plan, field) for field in cls.__struct_fields__})
