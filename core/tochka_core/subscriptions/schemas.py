"""Subscriptions as they cross HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tochka_core.subscriptions.models import Period, Phase
from tochka_core.subscriptions.plan_schemas import Currency, ModuleNames, PriceMinor
from tochka_core.subscriptions.reading import Sold
from tochka_core.subscriptions.states import State


class SaleIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sold to a tenant: a plan, or single modules."""

    plan: str | None = None
    modules: ModuleNames | None = None
    price_minor: PriceMinor | None = None
    """What single modules cost, with `currency`; that of a plan is the plan's."""
    currency: Currency | None = None
    starts_at: datetime | None = None
    """With a time zone, also in the past; without it, now."""
    trial: bool = False
    """Whether it begins with the plan's days of trial."""
    paid_until: datetime | UnsetType | None = UNSET
    """`null`: for ever. Without it a plan is paid for one period, or for its days of trial."""


class RenewalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when a subscription is paid now."""

    paid_until: datetime | None
    """`null`: for ever."""


class PlanChangeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plan that a subscription goes on with."""

    plan: str
    at: Annotated[str, Meta(examples=["now", "period_end", "2027-01-01T00:00:00Z"])] = "now"
    """`now`, `period_end` or a moment with its time zone."""


class CancellationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a subscription is to end."""

    at: Literal["now", "period_end"] = "period_end"


class PhaseOut(msgspec.Struct, frozen=True):
    """What a subscription is for during a part of its time."""

    starts_at: datetime
    ends_at: datetime | None
    plan: str | None
    price_minor: int | None
    currency: str | None
    period: Period | None
    modules: list[str]
    limits: dict[str, int | None]
    """By name; `null` is any number."""

    @classmethod
    def of(cls, phase: Phase) -> "PhaseOut":
        """Show *phase*."""
        return cls(**{field: getattr(phase, field) for field in cls.__struct_fields__})


class SubscriptionOut(msgspec.Struct, frozen=True):
    """A subscription, as it stands at the moment of the request."""

    id: UUID
    state: State
    plan: str | None
    """That of the present phase, or of the next one to come, or else of the last."""
    modules: list[str]
    starts_at: datetime
    trial_ends_at: datetime | None
    paid_until: datetime | None
    """`null`: for ever."""
    closes_at: datetime | None
    """When it ends or expires, as it stands now; `null`: never."""
    grace_days: int
    canceled_at: datetime | None
    ends_at: datetime | None
    """When the cancellation takes effect."""
    created_at: datetime
    phases: list[PhaseOut]
    """In their order."""

    @classmethod
    def of(cls, sold: Sold) -> "SubscriptionOut":
        """Show what was *sold*."""
        subscription, phase = sold.subscription, sold.phase
        return cls(
            id=subscription.id,
            state=sold.state,
            plan=phase.plan,
            modules=phase.modules,
            starts_at=subscription.starts_at,
            trial_ends_at=subscription.trial_ends_at,
            paid_until=subscription.paid_until,
            closes_at=sold.dates.closes_at,
            grace_days=subscription.grace_days,
            canceled_at=subscription.canceled_at,
            ends_at=subscription.ends_at,
            created_at=subscription.created_at,
            phases=[PhaseOut.of(item) for item in sold.phases],
        )
