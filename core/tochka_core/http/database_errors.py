"""What a client is told when the database refuses a statement."""

from typing import Final

from advanced_alchemy.exceptions import AdvancedAlchemyError, NotFoundError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from tochka_plugins import Conflict, InvalidInput, NotFound, TochkaError, Unavailable

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
        return Conflict("The change conflicts with what is stored.")
    if isinstance(error, DataError):
        return InvalidInput("A value is out of range.")
    seconds = _seconds_to_wait(error)
    if seconds is None:
        return None
    return Unavailable("The database is not available.", retry_after_seconds=seconds)


def _seconds_to_wait(error: BaseException) -> int | None:
    """Return after how long the statement may succeed, `None` where it never will."""
    if isinstance(error, PoolTimeoutError):  # all connections are busy
        return _SOON_SECONDS
    if not isinstance(error, DBAPIError):
        return None
    if error.connection_invalidated:
        return _SOON_SECONDS
    return _PASSING.get(str(getattr(error.orig, "sqlstate", None)))
