"""The address of a database, as an operator writes it."""

from collections.abc import Collection
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from tochka_core.errors import ConfigurationError
from tochka_core.networks import MAX_PORT

_URL_PARAMETERS: Final = frozenset(
    {
        *("database", "host", "passfile", "password", "port", "prepared_statement_cache_size"),
        *("ssl", "sslmode", "target_session_attrs", "user"),
    }
)
"""What may follow the `?` of a database's address; the driver raises on others."""


def engine_url(database_url: str, *, variable: str = "DATABASE_URL") -> URL:
    """Return *database_url* for SQLAlchemy's asyncpg dialect, with libpq's `sslmode` understood.

    Raises:
        ConfigurationError: it is malformed or not PostgreSQL's; the message names *variable*.
    """
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(
            f"{variable} is malformed; it looks like "
            "postgresql+asyncpg://user:password@host:5432/database."
        ) from error
    if url.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ConfigurationError(
            f"{variable} names {url.drivername!r}; only postgresql+asyncpg is supported."
        )
    query = dict(url.query)
    _refuse_unknown(query, variable)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    url = url.set(drivername="postgresql+asyncpg", query=query)
    _refuse_bad_ports(url, variable)
    return url


def _refuse_unknown(query: Collection[str], variable: str) -> None:
    if unknown := sorted(set(query) - _URL_PARAMETERS):
        raise ConfigurationError(
            f"{variable} has parameters that are not understood: {', '.join(unknown)}; leave them"
            f" out. Understood are {', '.join(sorted(_URL_PARAMETERS))}."
        )


def _refuse_bad_ports(url: URL, variable: str) -> None:
    try:
        _, options = url.get_dialect()().create_connect_args(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(f"{variable} is malformed: {error}.") from error
    port = options.get("port") or MAX_PORT
    if max(port if isinstance(port, list) else [port]) > MAX_PORT:
        raise ConfigurationError(f"{variable}: a port is at most {MAX_PORT}.")
