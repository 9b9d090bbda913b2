"""What is raised when there is no connection to be had, told apart from all other failures."""

from typing import Any

import structlog
from sqlalchemy import Dialect, event
from sqlalchemy.ext.asyncio import AsyncEngine
from tochka_plugins.errors import Unavailable

_log = structlog.get_logger(__name__)


class DatabaseUnavailable(Unavailable):
    """The database takes no new connection: it is away, full, or does not know us."""

    def __init__(self) -> None:
        """Ask the client to come back in a second."""
        super().__init__("The database is not available.", retry_after_seconds=1)


def tell_failed_connections(engine: AsyncEngine) -> None:
    """Make *engine* raise `DatabaseUnavailable` where it cannot open a connection."""
    event.listen(engine.sync_engine, "do_connect", _connect)


def _connect(
    dialect: Dialect,
    _record: object,
    arguments: tuple[Any, ...],
    parameters: dict[str, Any],
) -> object:
    try:
        return dialect.connect(*arguments, **parameters)
    except (OSError, dialect.loaded_dbapi.Error) as error:
        _log.warning("database unavailable", error=type(error).__name__)
        raise DatabaseUnavailable from error
