"""Telling an operator in one line why a database cannot be used."""

from typing import Final

from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from tochka_core.errors import OperatorError

MIN_SERVER_VERSION: Final = 150_000

_BY_SQLSTATE: Final = {
    "28P01": "refuses the password of {user!r}; check DATABASE_URL.",
    "28000": "does not let {user!r} in; check DATABASE_URL and pg_hba.conf.",
    "3D000": "has no database {database!r}; create it or check DATABASE_URL.",
    "53300": "has no connection left; raise max_connections or lower TOCHKA_DB_POOL_SIZE.",
    "57P03": "is starting up or shutting down; try again in a moment.",
}


_FACTS: Final = """
    SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
           current_setting('transaction_read_only')::bool
"""


async def check_server(engine: AsyncEngine) -> None:
    """Make sure that the server answers, lets us in, is new enough, and stores what we write.

    Raises:
        OperatorError: it does not; the message says what to do.
    """
    url = engine.url
    where = f"The PostgreSQL server at {_place(url)}"
    try:
        async with engine.connect() as connection:
            version, encoding, is_read_only = (await connection.execute(text(_FACTS))).one()
    except (OSError, TimeoutError) as error:
        raise OperatorError(
            f"{where} cannot be reached ({str(error) or 'no answer'}); start it or check"
            " DATABASE_URL."
        ) from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        advice = _BY_SQLSTATE.get(str(state), "refuses the connection: {error}")
        message = advice.format(user=url.username, database=url.database, error=error.orig)
        raise OperatorError(f"{where} {message}") from error
    if version < MIN_SERVER_VERSION:
        raise OperatorError(
            f"{where} is version {version // 10_000}; version 15 or newer is needed."
        )
    if encoding != "UTF8":
        raise OperatorError(
            f"{where} keeps the database {url.database!r} in {encoding}, which lacks letters; make"
            " another one with ENCODING 'UTF8'."
        )
    if is_read_only:
        raise OperatorError(
            f"{where} is read-only, as a standby is; let DATABASE_URL name one that can be written."
        )


def _place(url: URL) -> str:
    """Return host and port, or the folder of the socket; never the password."""
    socket_folder = url.query.get("host")
    if isinstance(socket_folder, str):
        return socket_folder
    return f"{url.host or 'localhost'}:{url.port or 5432}"
