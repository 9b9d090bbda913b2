"""What the models of a target declare and its schema does not hold, and the other way about."""

from collections.abc import Iterator
from typing import Any, Final

from alembic.autogenerate import compare_metadata
from sqlalchemy import Connection, Index
from sqlalchemy.schema import ColumnCollectionConstraint

from tochka_migrations.comparison import comparison
from tochka_migrations.targets import Target


def find_drift(connection: Connection, target: Target) -> list[str]:
    """Return a sentence for each difference between the models and the schema of *target*.

    There is none for a target without models.
    """
    if target.metadata is None:
        return []
    with comparison(connection, target) as context:
        differences = compare_metadata(context, target.metadata)
    return [sentence for difference in differences for sentence in _describe(difference)]


def _describe(difference: Any) -> Iterator[str]:  # noqa: ANN401 - Alembic's tuples have no type
    match difference:
        case list(changes):
            for change in changes:
                yield _describe_change(*change)
        case ("add_table" | "remove_table" as action, table):
            yield f"the table {table} {_state(action)}"
        case ("add_column" | "remove_column" as action, schema, table, column):
            yield f"the column {schema}.{table}.{column.name} {_state(action)}"
        case (action, item, *_):
            yield f"on {getattr(item, 'table', item)} {_name(item)} {_state(action)}"


def _state(action: str) -> str:
    return "is missing" if action.startswith("add_") else "is in no model"


def _name(item: object) -> str:
    if isinstance(item, ColumnCollectionConstraint | Index):
        kind = type(item).__name__
        columns = ", ".join(str(column.name) for column in item.columns)
        return f"{_KINDS.get(kind, kind)} {item.name or ''} ({columns})".replace("  ", " ")
    return "the comment"


def _describe_change(  # noqa: PLR0917 - Alembic's tuple
    change: str,
    schema: str,
    table: str,
    column: str,
    _existing: object,
    found: object,
    declared: object,
) -> str:
    what = _ASPECTS.get(change, change)
    return (
        f"{schema}.{table}.{column}: {what} is {_shown(found)}, the model says {_shown(declared)}"
    )


def _shown(value: object) -> str:
    """Return a type, a default or a flag as a person writes it."""
    argument = getattr(value, "arg", value)
    if isinstance(argument, bool):
        return str(argument).lower()
    return "none" if argument is None else str(argument)


_KINDS: Final = {
    "ForeignKeyConstraint": "the foreign key",
    "Index": "the index",
    "UniqueConstraint": "the unique constraint",
}
_ASPECTS: Final = {
    "modify_comment": "the comment",
    "modify_default": "the default",
    "modify_nullable": "nullable",
    "modify_type": "the type",
}
