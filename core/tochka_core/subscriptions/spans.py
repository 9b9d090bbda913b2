"""For which times a subscription entitles to what, by its dates and its phases."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from tochka_core.subscriptions.models import Ending, Phase
from tochka_core.subscriptions.states import Dates

What = TypeVar("What", bound=Hashable)


class Span(msgspec.Struct, frozen=True):
    """A time, from `starts_at` on, until just before `ends_at`."""

    starts_at: datetime
    ends_at: datetime | None
    ending: Ending


def spans_of(
    dates: Dates, phases: Sequence[Phase], what: Callable[[Phase], Iterable[What]]
) -> Mapping[What, Sequence[Span]]:
    """Return when *phases*, which follow each other, entitle to *what* each of them is for.

    What two of them have in common goes on from the one to the other.
    """
    found: dict[What, list[Span]] = defaultdict(list)
    for phase in phases:
        span = _span(dates, phase)
        if span is None:
            continue
        for item in what(phase):
            before = found[item][-1] if found[item] else None
            if before is not None and before.ends_at == span.starts_at:
                found[item][-1] = Span(before.starts_at, span.ends_at, span.ending)
            else:
                found[item].append(span)
    return found


def _span(dates: Dates, phase: Phase) -> Span | None:
    """Return for which time *phase* entitles to anything, `None` where there is none."""
    closes_at = dates.closes_at
    starts_at, ends_at = phase.starts_at, phase.ends_at
    ending: Ending = "changed"
    if ends_at is None or (closes_at is not None and closes_at <= ends_at):
        ends_at = closes_at
        ending = "canceled" if closes_at is not None and closes_at == dates.ends_at else "expired"
    if ends_at is not None and ends_at <= starts_at:
        return None
    return Span(starts_at, ends_at, ending)
