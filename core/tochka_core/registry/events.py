"""What a judgement tells while it goes on, and what it comes to; sent between processes as JSON."""

from collections.abc import Mapping

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


class Instructions(msgspec.Struct, frozen=True):
    """What the process that judges is asked for."""

    set_aside: tuple[Quarantined, ...] = ()
    """Modules to leave alone."""
    rehearse: bool = False
    """Whether the database is to stay as it is."""


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


class Failed(msgspec.Struct, frozen=True, tag=True):
    """There is no judgement, for a reason that the operator can mend."""

    message: str


Event = Began | Assembled | Migrated | Judged | Failed
