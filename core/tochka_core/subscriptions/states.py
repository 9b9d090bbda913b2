"""How a subscription stands at a moment, by its dates alone."""

from datetime import datetime, timedelta
from typing import Final, TypeAlias

import msgspec
from tochka_plugins.subscriptions import SubscriptionState

State: TypeAlias = SubscriptionState

OPEN_STATES: Final = frozenset({"trialing", "active", "past_due"})
"""Those in which it entitles to what was sold."""


class Dates(msgspec.Struct, frozen=True):
    """All that the state of a subscription follows from."""

    starts_at: datetime
    trial_ends_at: datetime | None
    paid_until: datetime | None
    """`None`: for ever."""
    grace_days: int
    ends_at: datetime | None
    """When a cancellation takes effect."""

    @property
    def lapses_at(self) -> datetime | None:
        """The first moment at which it has expired, if nobody cancels; `None`: never.

        The time of grace is for who has paid: a trial that nobody has paid for ends when it ends.
        """
        if self.paid_until is None:
            return None
        is_only_tried = self.trial_ends_at is not None and self.paid_until <= self.trial_ends_at
        return self.paid_until + timedelta(days=0 if is_only_tried else self.grace_days)

    @property
    def closes_at(self) -> datetime | None:
        """The first moment at which it entitles to nothing any more; `None`: never."""
        return min((end for end in (self.ends_at, self.lapses_at) if end), default=None)

    def state_at(self, moment: datetime) -> State:
        """Return how it stands at *moment*. Each state holds its first moment, and not its last."""
        if self.ends_at is not None and self.ends_at <= max(moment, self.starts_at):
            return "canceled"
        if moment < self.starts_at:
            return "pending"
        if self.trial_ends_at is not None and moment < self.trial_ends_at:
            return "trialing"
        if self.paid_until is None or moment < self.paid_until:
            return "active"
        return "past_due" if moment < (self.lapses_at or moment) else "expired"
