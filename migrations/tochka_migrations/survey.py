"""How the schemas of all targets stand, read in a few queries however many they are."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from tochka_migrations.current import current_revisions
from tochka_migrations.rls import missing_protection
from tochka_migrations.table_rules import broken_rules
from tochka_migrations.targets import Target
from tochka_migrations.unmade import find_unmade


class Standing(msgspec.Struct, frozen=True):
    """What the database holds of one target."""

    revision: str | None
    """The revision that its schema is at; `None` before the first."""
    missing_protection: tuple[str, ...]
    """The statements that would bring its tables under protection."""
    broken_rules: tuple[str, ...]
    """A sentence for each object that lets tenants meet."""

    unmade: tuple[str, ...]
    """The tables and columns that its models declare and it lacks."""

    @property
    def is_sound(self) -> bool:
        """All of it is there, and protected as it should be."""
        return not (self.missing_protection or self.broken_rules or self.unmade)


def survey(connection: Connection, targets: Sequence[Target]) -> Mapping[str, Standing]:
    """Return how each target stands, by name; the platform's roles must be there."""
    revisions = current_revisions(connection, targets)
    missing = missing_protection(connection, targets)
    broken = broken_rules(connection, targets)
    unmade = find_unmade(connection, targets)
    return {
        target.name: Standing(
            revision=revisions[target.name],
            missing_protection=tuple(missing[target.name]),
            broken_rules=tuple(broken[target.name]),
            unmade=tuple(unmade[target.name]),
        )
        for target in targets
    }
