"""The words that modules have for what their constraints refuse, found by what has refused."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy.dialects import postgresql
from tochka_plugins.host import StagedModule
from tochka_plugins.refusals import Refusal, declared_refusals

_NAMES: Final = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]  # SQLAlchemy's


class Place(NamedTuple):
    """What PostgreSQL names when a constraint refuses a change."""

    schema: str | None
    table: str | None
    constraint: str | None


Refusals: TypeAlias = Mapping[Place, Refusal]


def refusals_of(modules: Iterable[StagedModule]) -> Refusals:
    """Return the words of all constraints of *modules*."""
    return {
        Place(
            table.schema,
            table.name,
            # As a revision makes it: a long one is cut.
            _NAMES.format_constraint(constraint, _alembic_quote=False),
        ): refusal
        for module in modules
        if module.metadata is not None
        for table, constraint, refusal in declared_refusals(module.metadata)
    }
