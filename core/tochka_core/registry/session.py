"""A session for a command, on a core schema that is up to date."""

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
    async with maintenance_engine(settings.engine_url) as engine:
        await check_server(engine)
        await upgrade_core(engine)
    database = Database(settings.engine_url, pool_size=1)
    try:
        async with database.platform_scope(reason=reason) as session:
            yield session
    finally:
        await database.dispose()
