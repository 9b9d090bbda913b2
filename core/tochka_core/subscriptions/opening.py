"""When the modules that a tenant has enabled are open to it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec
from tochka_plugins.errors import PaymentRequired
from tochka_plugins.info import Availability

from tochka_core.subscriptions.models import Ending

LapseState = Literal["none", "pending", "expired", "canceled", "changed"]

_EVER: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class EntitledPeriod(msgspec.Struct, frozen=True):
    """A time for which a module was bought: from `starts_at` on, until just before `ends_at`."""

    starts_at: datetime
    ends_at: datetime | None
    ending: Ending

    def covers(self, moment: datetime) -> bool:
        """Tell whether *moment* is in it."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


class EnabledModule(msgspec.Struct, frozen=True):
    """A module that a tenant has enabled, with all that its being open depends on."""

    name: str
    availability: Availability
    requires: Sequence[str]
    periods: Sequence[EntitledPeriod]
    """In their order."""

    def is_entitled_at(self, moment: datetime) -> bool:
        """Tell whether the tenant needs no subscription for it, or has one at *moment*."""
        is_sold = self.availability == "subscription"
        return not is_sold or any(period.covers(moment) for period in self.periods)


class Lapse(msgspec.Struct, frozen=True):
    """Why a module that a tenant has enabled is closed to it."""

    module: str
    """The one whose subscription it is about: the module itself, or one that it needs."""
    state: LapseState
    """`none` where nothing was ever bought, `changed` where the plan has it no more."""
    ended_at: datetime | None
    starts_at: datetime | None
    """When it opens, if that is known."""


class ModuleLapsed(PaymentRequired):
    """The tenant has enabled the module, but has no subscription to it now; its data stay."""

    def __init__(self, asked: str, lapse: Lapse) -> None:
        """Say why the module *asked* is closed."""
        needing = "" if asked == lapse.module else f" {asked} needs it."
        super().__init__(
            f"The subscription to {lapse.module} {_SAID[lapse.state]}.{needing}",
            module=lapse.module,
            state=lapse.state,
            ended_at=lapse.ended_at,
            starts_at=lapse.starts_at,
        )


_SAID: Final[Mapping[LapseState, str]] = {
    "none": "is missing",
    "pending": "has not begun",
    "expired": "has expired",
    "canceled": "was canceled",
    "changed": "is over: the plan has changed",
}


class TenantModules:
    """What a tenant has enabled, and when it is open.

    Open is what needs no subscription, or has one at the moment, and needs no module that is
    enabled and closed. Modules that are needed, but not enabled, close nothing: an upgrade that
    comes to need another module takes nothing from who has it.
    """

    def __init__(self, enabled: Iterable[EnabledModule] = ()) -> None:
        """Know the modules *enabled*."""
        self._enabled = {module.name: module for module in enabled}
        self._boundaries = sorted(
            boundary
            for module in self._enabled.values()
            for period in module.periods
            for boundary in (period.starts_at, period.ends_at)
            if boundary is not None
        )
        self._since, self._until = _EVER[1], _EVER[0]
        self._open: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        """Tell whether a module is enabled, open or not."""
        return name in self._enabled

    def open_at(self, moment: datetime) -> frozenset[str]:
        """Return the names of those that are open at *moment*.

        The same set is returned until a period begins or ends.
        """
        if not self._since <= moment < self._until:
            self._since = max((b for b in self._boundaries if b <= moment), default=_EVER[0])
            self._until = min((b for b in self._boundaries if b > moment), default=_EVER[1])
            self._open = frozenset(
                name for name in self._enabled if self._find_closed(name, moment) is None
            )
        return self._open

    def unchanged_until(self, moment: datetime) -> datetime:
        """Return how long the same are open as at *moment*, unless something is changed."""
        self.open_at(moment)
        return self._until

    def why_closed(self, name: str, moment: datetime) -> Lapse | None:
        """Return why a module is closed at *moment*; `None` where it is open, or not enabled."""
        closed = self._find_closed(name, moment)
        return None if closed is None else _lapse(closed, moment)

    def _find_closed(self, name: str, moment: datetime) -> EnabledModule | None:
        """Return the enabled module, of this one and those it needs, that is not entitled to."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            module = self._enabled.get(waiting.pop())
            if module is None or module.name in seen:
                continue
            if not module.is_entitled_at(moment):
                return module
            seen.add(module.name)
            waiting += module.requires
        return None


def _lapse(module: EnabledModule, moment: datetime) -> Lapse:
    past = [period for period in module.periods if period.starts_at <= moment]
    coming = [period.starts_at for period in module.periods if period.starts_at > moment]
    starts_at = min(coming, default=None)
    if past:
        last = max(past, key=lambda period: period.starts_at)
        return Lapse(module.name, last.ending, last.ends_at, starts_at)
    state: LapseState = "none" if starts_at is None else "pending"
    return Lapse(module.name, state, None, starts_at)
