"""A PostgreSQL to be thrown away, and databases on it; never that of the operator."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace
from sqlalchemy import URL, text

from tochka_core.database_url import engine_url
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.db.preflight import check_server
from tochka_core.settings import MIN_SECRET_BYTES, Settings
from tochka_core.testing.servers import private_server


@contextmanager
def scratch_server(settings: Settings, url: str | None = None) -> Iterator[URL]:
    """Yield the address of a private server that lasts as long as the block, or *url* itself.

    Raises:
        OperatorError: it cannot be started, or *url* cannot be used.
    """
    if url is not None:
        given = engine_url(url, variable="--server")
        asyncio.run(_check(given))
        yield given
        return
    with private_server(pg_bin=settings.pg_bin, account=settings.pg_user) as private:
        yield private.url


@contextmanager
def scratch_database(server: URL, *, template: str = "template1") -> Iterator[str]:
    """Yield the name of a database, a copy of *template*, that is dropped when the block ends."""
    name = f"tochka_check_{secrets.token_hex(6)}"
    asyncio.run(_run_on(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield name
    finally:
        asyncio.run(_run_on(server, f"DROP DATABASE {name} WITH (FORCE)"))


def scratch_settings(settings: Settings, server: URL, database: str) -> Settings:
    """Return *settings* for a platform on that database, with secrets of its own."""
    url = server.set(database=database)
    return replace(
        settings,
        database_url=url.render_as_string(hide_password=False),
        pooler_url=None,
        jwt_secret=secrets.token_hex(MIN_SECRET_BYTES),
        jwt_keys=None,
        encryption_keys=secrets.token_hex(MIN_SECRET_BYTES),
    )


async def _check(url: URL) -> None:
    async with maintenance_engine(url) as engine:
        await check_server(engine)


async def _run_on(server: URL, statement: str) -> None:
    async with maintenance_engine(server) as engine:
        apart = engine.execution_options(isolation_level="AUTOCOMMIT")
        async with apart.connect() as connection:
            await connection.execute(text(statement))
