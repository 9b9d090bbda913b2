"""What a module is told of what was sold to a tenant."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

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
