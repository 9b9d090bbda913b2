"""What a judgement or a diagnosis tells while it goes on, and what it comes to.

Sent between processes as JSON.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from tochka_migrations import Outcome
from tochka_plugins.host import Phase, Quarantined


class Migration(msgspec.Struct, frozen=True):
    """What became of one schema."""

    target: str
    before: str | None
    after: str | None
    error: str | None = None
    blocked_by: str | None = None
    statements: tuple[str, ...] = ()
    """The SQL that it took; the last one may be what failed."""

    @classmethod
    def of(cls, outcome: Outcome) -> "Migration":
        """Show *outcome*."""
        return cls(
            outcome.target,
            outcome.before,
            outcome.after,
            error=None if outcome.error is None else type(outcome.error).__name__,
            blocked_by=outcome.blocked_by,
            statements=outcome.statements,
        )


class Ready(msgspec.Struct, frozen=True):
    """A module that may be served."""

    name: str
    version: str
    seconds: Mapping[Phase, float] = {}
    """How long it took, by phase."""


class Judgement(msgspec.Struct, frozen=True):
    """What was found."""

    ready: tuple[Ready, ...]
    """In the order of dependencies."""
    quarantined: tuple[Quarantined, ...]
    migrations: tuple[Migration, ...]
    """In the order in which they ran, the core's first."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that a diagnosis has looked at."""

    subject: str
    is_ok: bool
    detail: str


class Instructions(msgspec.Struct, frozen=True):
    """What the process in which modules run is asked for."""

    task: Literal["judge", "rehearse", "diagnose"] = "judge"
    """All but `judge` leave the database as it is."""
    set_aside: tuple[Quarantined, ...] = ()
    """Modules to leave alone."""
    only: str | None = None
    """The one module to look at, with those that it needs; `None` for all."""


class Began(msgspec.Struct, frozen=True, tag=True):
    """A step begins that runs a module's own code."""

    module: str
    phase: Phase


class Assembled(msgspec.Struct, frozen=True, tag=True):
    """All modules are through; what follows is not a module's doing until the next step begins."""


class Migrated(msgspec.Struct, frozen=True, tag=True):
    """A schema is done with."""

    migration: Migration


class Judged(msgspec.Struct, frozen=True, tag=True):
    """All is done."""

    judgement: Judgement


class Diagnosed(msgspec.Struct, frozen=True, tag=True):
    """All has been looked at."""

    findings: tuple[Finding, ...]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """There is no answer, for a reason that the operator can mend."""

    message: str


Event = Began | Assembled | Migrated | Judged | Diagnosed | Failed
