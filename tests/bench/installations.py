"""A private server, and databases on it that hold what a bench asks for."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tochka_core.db.embedded import embedded_postgres
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.logs import configure_logging
from tochka_migrations import core_target, upgrade


@contextmanager
def private_server() -> Iterator[URL]:
    """Yield the address of a PostgreSQL in a temporary folder."""
    configure_logging("warning")
    with tempfile.TemporaryDirectory(prefix="tochka-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, another account runs the server
        with embedded_postgres(folder / "data") as url:
            yield make_url(url)


async def filled_database(server: URL, name: str, script: str) -> URL:
    """Return the address of a new database with the core's schema, and what *script* puts there."""
    url = server.set(database=name)
    await _run_alone(server, f"CREATE DATABASE {name}")
    async with maintenance_engine(url) as engine:
        await upgrade(engine, [core_target()])
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL tochka.owner_sees_all = 'on'"))
            for statement in filter(str.strip, script.split(";")):
                await connection.execute(text(statement))
    await _run_alone(url, "VACUUM ANALYZE")
    return url


async def _run_alone(url: URL, statement: str) -> None:
    """Run what is no part of a transaction."""
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
