"""An engine for work on schemas and catalogs, which runs as the login role and has no scope."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


@asynccontextmanager
async def maintenance_engine(url: URL) -> AsyncIterator[AsyncEngine]:
    """Yield an engine that opens a connection for each piece of work; no tenant's row is seen."""
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        yield engine
    finally:
        await engine.dispose()
