"""The database for a command, with a core schema that is up to date."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.db import Database
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.db.preflight import check_server
from tochka_core.registry.migration import upgrade_core
from tochka_core.settings import Settings


@asynccontextmanager
async def in_platform_scope(settings: Settings, *, reason: str) -> AsyncIterator[AsyncSession]:
    """Yield a session that sees all tenants, on a core schema that is up to date.

    Commits when the block ends.

    Raises:
        OperatorError: the database cannot be used.
    """
    async with (
        current_database(settings) as database,
        database.platform_scope(reason=reason) as session,
    ):
        yield session


@asynccontextmanager
async def current_database(settings: Settings) -> AsyncIterator[Database]:
    """Yield the database with a core schema that is up to date, for transactions one by one.

    Raises:
        OperatorError: the database cannot be used.
    """
    async with maintenance_engine(settings.engine_url) as engine:
        await check_server(engine)
        await upgrade_core(engine)
    database = Database(settings.engine_url, pool_size=1)
    try:
        yield database
    finally:
        await database.dispose()
