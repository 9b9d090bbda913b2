"""What was sold to a tenant, as a module is told of it, and may record it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

SubscriptionState = Literal["pending", "trialing", "active", "past_due", "expired", "canceled"]
SubscriptionEvent = Literal["sold", "renewed", "plan_changed", "canceled", "cancellation_withdrawn"]


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription of a tenant, as it stands at the moment."""

    id: UUID
    event: SubscriptionEvent | None = None
    """What has just happened to it."""
    state: SubscriptionState
    """It follows from the dates: nothing happens when one passes."""
    plan: str | None
    """The plan's code; `None` where single modules were sold."""
    modules: tuple[str, ...]
    starts_at: datetime
    trial_ends_at: datetime | None
    paid_until: datetime | None
    """`None`: for ever."""
    ends_at: datetime | None
    """When it is canceled for."""


class Subscriptions(Protocol):
    """Records what was sold, as `platform.subscriptions`: for a module that takes the money.

    Each call is a transaction of its own, in which all modules are told. It raises what the API
    answers: `InvalidInput`, `NotFound`, `Conflict`, or what a module refuses with. Do not call it
    in a hook for the same tenant, whose transaction it would wait for.
    """

    async def sell(
        self,
        tenant_id: UUID,
        *,
        plan: str | None = None,
        modules: Sequence[str] | None = None,
        starts_at: datetime | None = None,
        trial: bool = False,
        paid_until: datetime | UnsetType | None = UNSET,
    ) -> Subscription:
        """Sell a plan, or single modules, from *starts_at* or from now on.

        *paid_until* may be left out for a plan: the end of its trial, else of one period. `None`
        is for ever.
        """

    async def renew(
        self, tenant_id: UUID, subscription_id: UUID, *, paid_until: datetime | None
    ) -> Subscription:
        """Let it be paid until a later moment, `None` for ever; the same again changes nothing."""

    async def change_plan(
        self,
        tenant_id: UUID,
        subscription_id: UUID,
        plan: str,
        *,
        at: datetime | Literal["now", "period_end"] = "now",
    ) -> Subscription:
        """Let it go on with another plan from a moment on."""

    async def cancel(
        self,
        tenant_id: UUID,
        subscription_id: UUID,
        *,
        at: Literal["now", "period_end"] = "period_end",
    ) -> Subscription:
        """End it at once, or when what is paid for is over."""
