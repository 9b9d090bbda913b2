"""What is looked at, in the order in which it is: what destroys comes last."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

import msgspec

from tochka_core.conformance.report import Fault, Level, Outcome, Result, Verdict

if TYPE_CHECKING:
    from tochka_core.conformance.bench import Bench

_PACKAGE: Final = "tochka_core.conformance.checks"


class Check(msgspec.Struct, frozen=True):
    """Something to look at."""

    id: str
    title: str
    level: Level
    function: str
    """Where it is in the package of checks; imported by whoever looks."""

    @property
    def look(self) -> "Callable[[Bench], Awaitable[Verdict]]":
        """The function that looks."""
        module, _, name = self.function.partition(":")
        found = getattr(import_module(f"{_PACKAGE}.{module}"), name)
        return cast("Callable[[Bench], Awaitable[Verdict]]", found)

    def result(self, verdict: Verdict, *, seconds: float = 0.0) -> Result:
        """Return what it came to."""
        outcome: Outcome = (
            "failed" if verdict.faults else "passed" if verdict.applies else "inapplicable"
        )
        return Result(
            self.id,
            self.title,
            self.level,
            outcome,
            verdict.faults,
            detail=verdict.detail,
            seconds=round(seconds, 3),
        )

    def unchecked(self, reason: str) -> Result:
        """Return that it could not be looked at."""
        return Result(self.id, self.title, self.level, "unchecked", detail=reason)

    def harmed(self, reason: str) -> Result:
        """Return that the module has kept it from ending."""
        fault = Fault(f"the module {reason}", "leave the process alone, and let it go on")
        return Result(self.id, self.title, self.level, "failed", (fault,))


ADMITTED: Final = Check("admitted", "The platform admits it", "bronze", "")
"""Looked at by the judgement of the platform itself, before all others."""

CHECKS: Final = (
    Check("start", "It starts in good time", "bronze", "hooks:look_at_start"),
    Check("protection", "Tables of tenants are protected", "bronze", "tables:look_at_protection"),
    Check("guards", "Routes refuse who may not call them", "bronze", "guards:look_at_guards"),
    Check("switching", "Tenants enable and disable it", "bronze", "switching:look_at_switching"),
    Check("leaks", "No tenant reaches what another has", "bronze", "leaks:look_for_leaks"),
    Check("purge", "Purged, it leaves nothing", "bronze", "purging:look_at_purge"),
    Check("drift", "Tables are what the models declare", "silver", "tables:look_at_drift"),
    Check("document", "OpenAPI tells of every route", "silver", "documentation:look_at_document"),
    Check("answers", "Answers are as described", "silver", "answers:look_at_answers"),
    Check(
        "summaries", "Routes and errors are well told", "gold", "documentation:look_at_summaries"
    ),
    Check("changes", "Changes ask for a permission", "gold", "guards:look_at_changes"),
    Check("idle-hooks", "No hook is there for nothing", "gold", "hooks:look_at_idle_hooks"),
    Check("sql", "Revisions are kind to tables in use", "gold", "sql:look_at_sql"),
    Check("way-back", "Revisions go back and forth", "silver", "revisions:look_at_way_back"),
)
