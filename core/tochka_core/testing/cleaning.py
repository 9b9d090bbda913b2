"""The same database again for each test.

All rows are deleted and those put back that were there at first: in one batch, by a superuser, who
need not mind keys, triggers and policies. What it takes is printed by `tests/bench/cleaning.py`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection
from tochka_plugins.schemas import CORE_SCHEMA, schema_of

from tochka_core.db.maintenance import maintenance_engine
from tochka_core.errors import OperatorError
from tochka_core.testing.hearing import HEARD

_KEPT: Final = "tochka_kept"
"""The schema of copies of what was there at first."""

_PATIENCE: Final = "10s"
"""Reached only when a test has left a transaction open that has written something."""

_LOCK_NOT_AVAILABLE: Final = "55P03"

_TABLES: Final = """
SELECT format('%I.%I', nspname, relname) AS name,
    (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND relname <> 'alembic_version'
    AND (nspname IN (:core, :heard) OR starts_with(nspname, :modules))
ORDER BY 1
"""
_SEQUENCES: Final = """
SELECT format(
    'SELECT setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename),
    coalesce(last_value, start_value), last_value IS NOT NULL
) FROM pg_sequences
WHERE schemaname IN (:core, :heard) OR starts_with(schemaname, :modules)
"""
_OURS: Final = {"core": CORE_SCHEMA, "heard": HEARD, "modules": schema_of("")}


class Cleaner:
    """Takes a database back to what it was."""

    def __init__(self, driver: Any, batch: str) -> None:  # noqa: ANN401 - the driver is never imported
        """Run *batch*, a superuser's, on the connection of *driver*."""
        self._driver = driver
        self._batch = batch

    async def clean(self) -> None:
        """Leave what was there at first, and nothing else.

        Raises:
            OperatorError: somebody else is writing.
        """
        try:
            await self._driver.execute(self._batch)
        except Exception as error:
            if getattr(error, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            raise OperatorError(
                "A transaction is still open that an earlier test has begun: end it there."
            ) from error


@asynccontextmanager
async def cleaning(superuser_url: URL) -> AsyncIterator[Cleaner]:
    """Yield what takes the database back to what it is now."""
    async with maintenance_engine(superuser_url) as engine:
        async with engine.begin() as connection:
            batch = await _keep_all(connection)
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.execute(
                f"SET session_replication_role = replica; SET lock_timeout = '{_PATIENCE}'"
            )
            yield Cleaner(driver, batch)


async def _keep_all(connection: AsyncConnection) -> str:
    """Copy what is there; return the statements that put it back."""
    await connection.execute(text(f"CREATE SCHEMA {_KEPT}"))
    statements = []
    for number, table in enumerate(await connection.execute(text(_TABLES), _OURS)):
        statements.append(f"DELETE FROM {table.name}")  # noqa: S608 - PostgreSQL has quoted it
        if await connection.scalar(text(f"SELECT EXISTS (TABLE {table.name})")):
            copy = f"{_KEPT}.rows_{number}"
            await connection.execute(text(f"CREATE TABLE {copy} AS TABLE {table.name}"))
            columns = table.columns
            into = f"INSERT INTO {table.name} ({columns}) OVERRIDING SYSTEM VALUE"
            statements.append(f"{into} SELECT {columns} FROM {copy}")  # noqa: S608 - as above
    statements += await connection.scalars(text(_SEQUENCES), _OURS)
    return "; ".join(statements)
