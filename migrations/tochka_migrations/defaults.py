"""Telling whether two server defaults are one, though PostgreSQL rewrites what it is given."""

import re
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, text
from sqlalchemy.exc import DBAPIError


def are_different_defaults(
    context: MigrationContext, column: Column[Any], found: str | None, declared: str | None
) -> bool:
    """Compare the default in the database with the declared one of *column*."""
    if found is None or declared is None:
        return found is not declared
    if isinstance(getattr(column.server_default, "arg", None), str):
        declared = "'" + declared.replace("'", "''") + "'"
    return _plain(found) != _plain(declared) and found != _rewritten(context, column, declared)


def _plain(expression: str) -> str:
    """Return *expression* without casts, brackets and spaces; few differ in nothing else."""
    return re.sub(r"::[\w ]+(\[\])?|[\s()]", "", expression).lower()


def _rewritten(context: MigrationContext, column: Column[Any], declared: str) -> str | None:
    """Let PostgreSQL rewrite the declared default, on a table that is gone at once."""
    connection = context.connection
    if connection is None:
        return None
    type_ = column.type.compile(connection.dialect)
    try:
        with connection.begin_nested() as savepoint:
            connection.exec_driver_sql(
                f"CREATE TEMPORARY TABLE tochka_default (it {type_} DEFAULT {declared})"
            )
            rewritten = connection.scalar(text(_DEFAULT))
            savepoint.rollback()
    except DBAPIError:
        return None
    return str(rewritten)


_DEFAULT = """
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
WHERE adrelid = 'pg_temp.tochka_default'::regclass
"""
