"""Dropping what a module has left behind, also when its package is long gone."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tochka_migrations.rls import all_rows
from tochka_migrations.runner import exclusive
from tochka_plugins import Conflict, NotFound
from tochka_plugins.host import discover
from tochka_plugins.host.gating import NAME_RULE
from tochka_plugins.schemas import schema_of


class TableContents(msgspec.Struct, frozen=True):
    """A table that would be dropped."""

    name: str
    rows: int


class Remains(msgspec.Struct, frozen=True):
    """All that a module has in the database."""

    module: str
    tables: tuple[TableContents, ...]
    enabled_for: int
    """How many tenants have it enabled."""
    referenced_by: tuple[str, ...]
    """Foreign keys into its tables, and views of them, from elsewhere.

    While there are any, nothing can be dropped.
    """


async def find_remains(engine: AsyncEngine, module: str) -> Remains:
    """Return what *module* has in the database.

    Raises:
        NotFound: it has nothing there.
    """
    async with engine.connect() as connection:
        return await connection.run_sync(_find_remains, module)


async def purge(engine: AsyncEngine, module: str) -> Remains:
    """Drop the schema of *module* and forget it; return what was there. All or nothing.

    Raises:
        NotFound: it has nothing in the database.
        Conflict: its package is installed, or others refer to its tables.
    """
    async with exclusive(engine) as connection:
        remains = await connection.run_sync(_find_remains, module)
        refuse(remains)
        await drop_remains(connection, module)
    return remains


async def drop_remains(connection: AsyncConnection, module: str) -> None:
    """Drop the schema of *module* and forget it, in the transaction of *connection*."""
    await connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema_of(module)}" CASCADE'))
    await connection.run_sync(_forget, module)


def forget_counts(connection: Connection, module: str) -> None:
    """Let all limits of *module* begin at zero, as there is nothing left that was counted."""
    with all_rows(connection):
        connection.execute(text(_FORGET_COUNTS), {"name": module})


def _forget(connection: Connection, module: str) -> None:
    forget_counts(connection, module)
    with all_rows(connection):
        connection.execute(text(_FORGET_MODULE), {"name": module})


def refuse(remains: Remains) -> None:
    """Refuse to drop what is in use.

    Raises:
        Conflict: the module's package is installed, or others refer to its tables.
    """
    for candidate in discover():
        if candidate.name == remains.module:
            raise Conflict(
                f"{remains.module} is installed, and the next upgrade would make its tables anew;"
                f" first run: tochka modules remove {remains.module}"
            )
    if remains.referenced_by:
        listed = ", ".join(remains.referenced_by)
        raise Conflict(f"Others refer to the tables of {remains.module}: {listed}.")


def _find_remains(connection: Connection, module: str) -> Remains:
    with all_rows(connection):
        return _count(connection, module)


def _count(connection: Connection, module: str) -> Remains:
    if not NAME_RULE.fullmatch(module):
        raise NotFound(f"{module!r} is no name of a module.")
    schema = schema_of(module)
    names: Sequence[str] = connection.scalars(text(_TABLES), {"schema": schema}).all()
    known = connection.scalar(
        text("SELECT count(*) FROM tochka.modules WHERE name = :name"), {"name": module}
    )
    if not names and not known:
        raise NotFound(f"The module {module!r} has nothing in the database.")
    enabled_for = connection.scalar(
        text("SELECT count(*) FROM tochka.tenant_modules WHERE module = :name"),
        {"name": module},
    )
    return Remains(
        module=module,
        tables=tuple(TableContents(name, _count_rows(connection, name)) for name in names),
        enabled_for=enabled_for or 0,
        referenced_by=tuple(connection.scalars(text(_REFERENCES), {"schema": schema})),
    )


def _count_rows(connection: Connection, table: str) -> int:
    """Return how many rows *table*, which the catalog has quoted, holds for all tenants."""
    return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0  # noqa: S608 - see above


_FORGET_COUNTS: Final = """
DELETE FROM tochka.limit_usage WHERE split_part(name, '.', 1) = :name
"""
_FORGET_MODULE: Final = "DELETE FROM tochka.modules WHERE name = :name"
_TABLES: Final = """
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
ORDER BY 1
"""
# A view is bound to what it reads by the rule that makes it one.
_REFERENCES: Final = """
SELECT format('%s (%s)', k.conrelid::regclass, k.conname)
FROM pg_constraint k
JOIN pg_class target ON target.oid = k.confrelid
JOIN pg_class source ON source.oid = k.conrelid
WHERE k.contype = 'f'
    AND target.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = :schema)
    AND source.relnamespace <> target.relnamespace
UNION
SELECT format('the view %s', source.oid::regclass)
FROM pg_depend d
JOIN pg_rewrite rule ON rule.oid = d.objid
JOIN pg_class target ON target.oid = d.refobjid
JOIN pg_class source ON source.oid = rule.ev_class
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
    AND target.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = :schema)
    AND source.relnamespace <> target.relnamespace
ORDER BY 1
"""
