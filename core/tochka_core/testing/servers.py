"""The PostgreSQL that tests run on: a private one, or the one that was given."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec
from anyio.from_thread import BlockingPortal
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from tochka_plugins.testing.data_folders import data_folder

from tochka_core.database_url import engine_url
from tochka_core.db.embedded import embedded_postgres
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.errors import OperatorError
from tochka_core.settings import variable_of

VARIABLE: Final = "TOCHKA_TEST_DATABASE_URL"

UNSAFE_AND_FAST: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Its workers are a superuser's, and may not be ended by who drops a test's database.
    "autovacuum": "off",
}
"""Settings of a server whose data nobody will miss."""


_IS_SUPERUSER: Final = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"


class Scratch(msgspec.Struct, frozen=True):
    """A database to be thrown away."""

    url: URL
    """As the application reaches it."""
    superuser_url: URL


@contextmanager
def private_server(*, pg_bin: Path | None = None, account: str | None = None) -> Iterator[Scratch]:
    """Run a PostgreSQL for as long as the block lasts, in a folder that is removed with it.

    *pg_bin* and *account* are the settings `TOCHKA_PG_BIN` and `TOCHKA_PG_USER`.

    Raises:
        OperatorError: it cannot run; the line says what to do.
    """
    with data_folder() as folder:
        data = folder / "data"
        server = embedded_postgres(data, pg_bin=pg_bin, account=account, options=UNSAFE_AND_FAST)
        with server as address:
            url = make_url(address)
            password = (data / "postgres.password").read_text().strip()
            yield Scratch(url, url.set(username="postgres", password=password))


@contextmanager
def scratch_database(portal: BlockingPortal) -> Iterator[Scratch]:
    """Yield an empty database: on the server that the environment names, or a private one.

    Raises:
        OperatorError: there is none to be had; the line says what to do.
    """
    given = os.environ.get(VARIABLE)
    with ExitStack() as stack:
        try:
            scratch = stack.enter_context(
                _lent_database(engine_url(given, variable=VARIABLE), portal)
                if given
                else _own_database()
            )
        except OperatorError as error:
            raise OperatorError(
                f"{error} (For tests it is {VARIABLE} that names a server.)"
            ) from error
        yield scratch


def _own_database() -> AbstractContextManager[Scratch]:
    pg_bin, account = (os.environ.get(variable_of(name)) for name in ("pg_bin", "pg_user"))
    return private_server(pg_bin=Path(pg_bin) if pg_bin else None, account=account)


@contextmanager
def _lent_database(server: URL, portal: BlockingPortal) -> Iterator[Scratch]:
    name = f"tochka_test_{uuid4().hex}"
    portal.call(_make, server, name)
    try:
        url = server.set(database=name)
        yield Scratch(url, url)
    finally:
        portal.call(_drop, server, name)


async def _make(server: URL, name: str) -> None:
    """Make a database of the server.

    Raises:
        OperatorError: the account is no superuser, or cannot log in.
    """
    try:
        async with _connected(server) as connection:
            if not await connection.scalar(text(_IS_SUPERUSER)):
                raise OperatorError(
                    f"{server.username} is no superuser, as who cleans up has to be."
                )
            await connection.execute(text(f"CREATE DATABASE {name}"))
    except (OSError, DBAPIError) as error:
        raise OperatorError(f"There is no server: {error}.") from error


async def _drop(server: URL, name: str) -> None:
    async with _connected(server) as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@asynccontextmanager
async def _connected(server: URL) -> AsyncIterator[AsyncConnection]:
    """Yield a connection beside all transactions, as making a database takes."""
    async with maintenance_engine(server) as engine, engine.connect() as connection:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")
