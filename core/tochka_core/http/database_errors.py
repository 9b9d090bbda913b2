"""What a client is told when the database refuses a statement."""

from typing import Final

from advanced_alchemy.exceptions import AdvancedAlchemyError, NotFoundError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from tochka_plugins import Conflict, InvalidInput, NotFound, TochkaError, Unavailable
from tochka_plugins.schemas import module_of

_FOREIGN_KEY: Final = "23503"
"""Something would refer to what is not there."""

_SOON_SECONDS: Final = 1
_LATER_SECONDS: Final = 60
"""An operator has to do something first."""

_PASSING: Final = {
    "25006": _LATER_SECONDS,  # read-only: a standby, or a disk that is nearly full
    "53100": _LATER_SECONDS,  # disk full
    "53200": _SOON_SECONDS,  # out of memory
    "53300": _SOON_SECONDS,  # too many connections
    "40001": _SOON_SECONDS,  # serialization failure
    "40P01": _SOON_SECONDS,  # deadlock
    "57014": _SOON_SECONDS,  # canceled: by an administrator, or for taking too long
    "55P03": _SOON_SECONDS,  # a lock was not to be had in time
}
"""Seconds to wait, by SQLSTATE (PostgreSQL documentation, appendix A)."""


def explain(error: BaseException) -> TochkaError | None:
    """Return what to answer, `None` when the statement itself was the mistake.

    *error* is SQLAlchemy's, or advanced-alchemy's around it.
    """
    if isinstance(error, NotFoundError):
        return NotFound("There is no such thing.")
    if isinstance(error, AdvancedAlchemyError):
        return explain(error.__cause__) if error.__cause__ else None
    if isinstance(error, IntegrityError):
        return _conflict(error)
    if isinstance(error, DataError):
        return InvalidInput("A value is out of range.")
    seconds = _seconds_to_wait(error)
    if seconds is None:
        return None
    return Unavailable("The database is not available.", retry_after_seconds=seconds)


def _conflict(error: IntegrityError) -> Conflict:
    """Say which module keeps something from being deleted, where one does."""
    refused = error.driver_exception
    if getattr(refused, "sqlstate", None) == _FOREIGN_KEY and _is_deletion(error.statement):
        module = module_of(str(getattr(refused, "schema_name", "")))
        if module is not None:
            return Conflict(f"The module {module} still refers to it.", module=module)
    return Conflict("The change conflicts with what is stored.")


def _is_deletion(statement: str | None) -> bool:
    return (statement or "").lstrip()[:6].upper() == "DELETE"


def _seconds_to_wait(error: BaseException) -> int | None:
    """Return after how long the statement may succeed, `None` where it never will."""
    if isinstance(error, PoolTimeoutError):  # all connections are busy
        return _SOON_SECONDS
    if not isinstance(error, DBAPIError):
        return None
    if error.connection_invalidated:
        return _SOON_SECONDS
    return _PASSING.get(str(getattr(error.orig, "sqlstate", None)))
