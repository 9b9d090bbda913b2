"""What was measured, as a table for people and as JSON for programs."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from speed.figures import Spread

_PACKAGES: Final = (
    "tochka-rosta",
    "litestar",
    "msgspec",
    "sqlalchemy",
    "asyncpg",
    "granian",
    "uvloop",
    "fastapi",
    "pydantic",
    "uvicorn",
)


class Budget(msgspec.Struct, frozen=True):
    """What a figure has to be, and what we then aim for."""

    bound: float
    goal: float | None = None
    is_least: bool = True
    """Rather than the most that it may be."""

    def holds(self, figure: float) -> bool:
        """Tell whether *figure* keeps to it."""
        return figure >= self.bound if self.is_least else figure <= self.bound

    def __str__(self) -> str:
        """Write it as the table has it."""
        sign = "≥" if self.is_least else "≤"
        return f"{sign} {self.bound:g}" + ("" if self.goal is None else f", then {self.goal:g}")


class Result(msgspec.Struct, frozen=True):
    """A figure and what it is of."""

    group: str
    what: str
    unit: str
    """`ratio`, `requests/s`, `ms`, `µs` or `MB`."""
    spread: Spread
    budget: Budget | None = None


class Report(msgspec.Struct):
    """All that one run has measured."""

    is_quick: bool
    results: list[Result] = []

    def add(
        self,
        group: str,
        what: str,
        spread: Spread,
        *,
        unit: str = "ratio",
        budget: Budget | None = None,
    ) -> None:
        """Add a figure, and print it."""
        result = Result(group, what, unit, spread, budget)
        self.results.append(result)
        Console().print(f"{group}: {what}: {_written(result)}", highlight=False)

    def of(self, group: str, unit: str) -> Iterator[Result]:
        """Yield the figures of a group that are in *unit*."""
        return (each for each in self.results if each.group == group and each.unit == unit)

    def tell(self) -> None:
        """Print the figures that have a budget."""
        table = Table("", "figure", "budget", "")
        for each in self.results:
            if each.budget is not None:
                word = "reached" if each.budget.holds(each.spread.median) else "missed"
                table.add_row(f"{each.group}: {each.what}", _written(each), str(each.budget), word)
        Console().print(table)

    def write(self, path: Path) -> None:
        """Write all as JSON, with the machine and the versions."""
        told = {
            "machine": {
                "processor": _processor(),
                "cores": os.cpu_count(),
                "system": platform.platform(),
            },
            "versions": {"python": platform.python_version(), **_versions()},
            "is_quick": self.is_quick,
            "results": self.results,
        }
        path.write_bytes(msgspec.json.format(msgspec.json.encode(told)))


def _written(result: Result) -> str:
    digits = ".2f" if result.unit == "ratio" else ".0f"
    unit = "" if result.unit == "ratio" else f" {result.unit}"
    return f"{result.spread:{digits}}{unit}"


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if "model name" in line), "")
