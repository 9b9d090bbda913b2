"""The role and the database of the application, and whether the server lets it in."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, NullPool, literal_column, select, table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tochka_core.db.embedded.cluster import SUPERUSER
from tochka_core.db.embedded.sockets import PORT
from tochka_core.errors import OperatorError

APPLICATION = "tochka"
"""The name of the application's role and of its database."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_REFUSALS = {"28000", "28P01", "3D000"}
# Connection exceptions, insufficient resources, operator intervention: all may pass.
_LATER_CLASSES = {"08", "53", "57"}
_CONNECT_SECONDS = 10.0
_IS_AS_IT_SHOULD_BE = text("""
    SELECT rolcreatedb AND rolcreaterole AND NOT rolsuper AND NOT rolbypassrls
       AND pg_get_userbyid(datdba) = current_user
      FROM pg_roles, pg_database
     WHERE rolname = current_user AND datname = current_database()
""")
_T = TypeVar("_T")


def database_url(role: str, password: str, socket_folder: Path) -> URL:
    """Return how *role* reaches the database of its own name through the socket."""
    # The port names the socket; unsaid, PGPORT in the caller's environment would name another.
    query = {"host": str(socket_folder), "port": str(PORT)}
    return URL.create("postgresql+asyncpg", role, password, database=role, query=query)


def log_in(url: URL) -> bool | None:
    """Tell whether the application can log in and finds everything as it needs it.

    `None` while the server cannot say: it is starting, recovering, full, or not there.
    """
    return _run(_log_in(url))


def set_up_application(superuser_url: URL, password: str) -> None:
    """Make the application's role and database, or mend what a killed start left of them.

    Raises:
        OperatorError: the server refuses the superuser.
    """
    try:
        _run(_set_up(superuser_url, password))
    except Exception as error:
        state = _sqlstate(error)
        if state not in _REFUSALS:
            raise
        raise OperatorError(
            f"The private PostgreSQL refuses its own superuser (SQLSTATE {state}): restore the "
            f"file {SUPERUSER}.password of the data folder from a backup."
        ) from error


async def _log_in(url: URL) -> bool | None:
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            return bool((await connection.execute(_IS_AS_IT_SHOULD_BE)).scalar())
    except Exception as error:
        state = _sqlstate(error) or ""
        if state in _REFUSALS:
            return False
        # Without a SQLSTATE it is the driver's own: the connection broke off in the middle.
        is_broken_off = isinstance(error, DBAPIError) and not state
        if state[:2] in _LATER_CLASSES or isinstance(error, OSError) or is_broken_off:
            return None
        raise
    finally:
        await engine.dispose()


async def _set_up(superuser_url: URL, password: str) -> None:
    engine = _engine(superuser_url)
    try:
        async with engine.connect() as connection:
            verb = "ALTER" if await _has(connection, "pg_roles", "rolname") else "CREATE"
            literal = password.replace("'", "''")
            # As the driver gets it: DDL takes no parameters, and a colon must not look like one.
            await connection.exec_driver_sql(
                f"{verb} ROLE {APPLICATION} LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB CREATEROLE "
                f"PASSWORD '{literal}'"
            )
            if await _has(connection, "pg_database", "datname"):
                change = f"ALTER DATABASE {APPLICATION} OWNER TO {APPLICATION}"
            else:
                change = f"CREATE DATABASE {APPLICATION} OWNER {APPLICATION}"
            await connection.exec_driver_sql(change)
    finally:
        await engine.dispose()


async def _has(connection: AsyncConnection, catalog: str, column: str) -> bool:
    query = select(1).select_from(table(catalog)).where(literal_column(column) == APPLICATION)
    return (await connection.execute(query)).scalar() is not None


def _engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"timeout": _CONNECT_SECONDS},
    )


def _sqlstate(error: BaseException) -> str | None:
    # SQLAlchemy wraps what a statement raises, but passes on what asyncpg raises on connecting.
    for source in (error, getattr(error, "orig", None)):
        state = getattr(source, "sqlstate", None)
        if isinstance(state, str):
            return state
    return None


def _run(work: Coroutine[None, None, _T]) -> _T:
    # In a thread of its own: the caller's thread may already run an event loop.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()
