"""What a module was found to be: a result of each check, and the level that they come to."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

Level = Literal["bronze", "silver", "gold"]
"""Bronze does no harm, silver keeps its promises, gold is a pleasure to work with."""

LEVELS: Final[tuple[Level, ...]] = ("bronze", "silver", "gold")

Outcome = Literal["passed", "failed", "inapplicable", "unchecked"]
"""`inapplicable` is a module without what is looked at; `unchecked`, one that could not be."""


class Fault(msgspec.Struct, frozen=True):
    """What is wrong, and what its author can do."""

    what: str
    todo: str


class Verdict(msgspec.Struct, frozen=True):
    """What a check has seen."""

    faults: tuple[Fault, ...] = ()
    detail: str = ""
    """How much was looked at, in a few words."""
    applies: bool = True

    @classmethod
    def nothing(cls, detail: str) -> "Verdict":
        """Return the verdict on a module that has nothing to look at."""
        return cls(detail=detail, applies=False)


class Result(msgspec.Struct, frozen=True):
    """What a check came to."""

    id: str
    title: str
    level: Level
    outcome: Outcome
    faults: tuple[Fault, ...] = ()
    detail: str = ""
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """The level does not suffer from it."""
        return self.outcome in ("passed", "inapplicable")


class Report(msgspec.Struct, frozen=True):
    """What was found of one module."""

    module: str
    version: str | None
    level: Level | None
    """The highest of which nothing is missing, nor of those below it; `None` below bronze."""
    results: tuple[Result, ...]

    @classmethod
    def of(cls, module: str, version: str | None, results: Sequence[Result]) -> "Report":
        """Return the report with the level that *results* come to."""
        reached: Level | None = None
        for level in LEVELS:
            if not all(item.is_good for item in results if item.level == level):
                break
            reached = level
        return cls(module, version, reached, tuple(results))

    @property
    def next_level(self) -> Level | None:
        """The level to reach next; `None` where there is none above."""
        place = 0 if self.level is None else LEVELS.index(self.level) + 1
        return LEVELS[place] if place < len(LEVELS) else None

    @property
    def missing(self) -> tuple[Result, ...]:
        """What keeps the module from the next level."""
        wanted = self.next_level
        return tuple(item for item in self.results if item.level == wanted and not item.is_good)

    def reaches(self, level: Level) -> bool:
        """Tell whether it is at *level*, or above."""
        return self.level is not None and LEVELS.index(self.level) >= LEVELS.index(level)
