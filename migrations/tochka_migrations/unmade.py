"""What models declare and no revision has made: every query of it would fail."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from tochka_migrations.targets import Target


class UnmadeTables(Exception):
    """The models declare tables or columns that the revisions do not make."""

    def __init__(self, target: Target, unmade: Sequence[str]) -> None:
        super().__init__(
            f"no revision makes {', '.join(unmade)}, which the models declare; write one with:"
            f" tochka modules makemigration {target.name} -m '…'"
        )


def find_unmade(connection: Connection, targets: Sequence[Target]) -> Mapping[str, Sequence[str]]:
    """Return by target the tables and columns that its models declare and its schema lacks.

    There are none for a target without models. `find_drift` compares all the rest.
    """
    made: dict[str, set[str]] = {}
    for table, column in connection.execute(_COLUMNS, {"schemas": [t.schema for t in targets]}):
        made.setdefault(table, set()).add(column)
    return {target.name: _unmade(target, made) for target in targets}


def _unmade(target: Target, made: Mapping[str, set[str]]) -> list[str]:
    unmade = []
    for table in target.metadata.sorted_tables if target.metadata is not None else ():
        name = f"{table.schema}.{table.name}"
        if name not in made:
            unmade.append(f"the table {name}")
            continue
        missing = (column.name for column in table.columns if column.name not in made[name])
        unmade += (f"the column {name}.{column}" for column in missing)
    return unmade


_COLUMNS = text(
    "SELECT format('%s.%s', n.nspname, c.relname), a.attname"
    " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = ANY (:schemas) AND c.relkind IN ('r', 'p', 'v')"
    " AND a.attnum > 0 AND NOT a.attisdropped"
)
