"""Ratios of things that were measured by turns, and how far they spread."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

K = TypeVar("K")


class Spread(msgspec.Struct, frozen=True):
    """Some figures of the same thing, one of each round."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """Return the spread of *figures*."""
        return cls(statistics.median(figures), min(figures), max(figures))

    def __format__(self, form: str) -> str:
        """Write the median with the two ends behind it, each by *form*."""
        return f"{self.median:{form}} ({self.lowest:{form}}–{self.highest:{form}})"


def ratio(of: Sequence[float], to: Sequence[float]) -> Spread:
    """Return how *of* compares with *to*, round by round."""
    return Spread.of([one / other for one, other in zip(of, to, strict=True)])


def by_turns(
    acts: Mapping[K, Callable[[], float]], *, rounds: int, warm_up: bool = True
) -> dict[K, list[float]]:
    """Measure each of *acts* in each round, every second round backwards."""
    if warm_up:
        for act in acts.values():
            act()
    measured: dict[K, list[float]] = {key: [] for key in acts}
    for number in range(rounds):
        for key in list(acts)[:: 1 if number % 2 else -1]:
            measured[key].append(acts[key]())
    return measured
