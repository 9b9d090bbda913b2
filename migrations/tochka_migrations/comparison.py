"""Comparing the tables that a target's models declare with those in the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, text

from tochka_migrations.defaults import are_different_defaults
from tochka_migrations.targets import VERSION_TABLE, Target


@contextmanager
def comparison(connection: Connection, target: Target) -> Iterator[MigrationContext]:
    """Yield a context in which Alembic sees the schema of *target*, and no other.

    Types and server defaults are compared; CHECK constraints are not: PostgreSQL rewrites them.
    """

    def is_own(name: str | None, kind: str, _parents: object) -> bool:
        return name == target.schema if kind == "schema" else name != VERSION_TABLE

    options = {
        "target_metadata": target.metadata,
        "version_table": VERSION_TABLE,
        "version_table_schema": target.schema,
        "include_schemas": True,
        "include_name": is_own,
        "compare_type": True,
        "compare_server_default": True,
    }
    with _public_by_default(connection):
        context = MigrationContext.configure(connection, opts=options)
        # Given as an option, Alembic 1.18 would also ask of generated columns, and fail.
        context.impl.compare_server_default = _comparing_defaults(context)  # type: ignore[method-assign]  # as above
        yield context


def _comparing_defaults(context: MigrationContext) -> Callable[..., bool]:
    def are_different(
        _found_column: Column[Any], column: Column[Any], declared: str | None, found: str | None
    ) -> bool:
        return are_different_defaults(context, column, found, declared)

    return are_different


@contextmanager
def _public_by_default(connection: Connection) -> Iterator[None]:
    """Keep `"$user"` from making a schema of ours the default one.

    A login role may be called like a schema. What lies in the default schema is shown without its
    name, which Alembic takes for another table.
    """
    dialect = connection.dialect
    default = dialect.default_schema_name
    with connection.begin_nested() as savepoint:
        connection.execute(text("SET LOCAL search_path = public"))
        dialect.default_schema_name = "public"
        try:
            yield
        finally:
            dialect.default_schema_name = default
            savepoint.rollback()
