"""What a client is told when the database refuses a statement."""

from types import MappingProxyType
from typing import Final

from advanced_alchemy.exceptions import AdvancedAlchemyError, NotFoundError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from tochka_plugins import Conflict, InvalidInput, NotFound, TochkaError, Unavailable
from tochka_plugins.schemas import module_of

from tochka_core.http.refusals import Place, Refusals

_FOREIGN_KEY: Final = frozenset({"23503", "23001"})
"""Something would refer to what is not there: a foreign key, or one with `RESTRICT`."""

_NO_WORDS: Final[Refusals] = MappingProxyType({})

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


def explain(error: BaseException, refusals: Refusals = _NO_WORDS) -> TochkaError | None:
    """Return what to answer, `None` when the statement itself was the mistake.

    *error* is SQLAlchemy's, or advanced-alchemy's around it. *refusals* are the words that there
    are for what constraints refuse.
    """
    if isinstance(error, NotFoundError):
        return NotFound("There is no such thing.")
    if isinstance(error, AdvancedAlchemyError):
        return explain(error.__cause__, refusals) if error.__cause__ else None
    if isinstance(error, IntegrityError):
        return _refusal(error, refusals)
    if isinstance(error, DataError):
        return InvalidInput("A value is out of range.")
    seconds = _seconds_to_wait(error)
    if seconds is None:
        return None
    return Unavailable("The database is not available.", retry_after_seconds=seconds)


def _refusal(error: IntegrityError, refusals: Refusals) -> TochkaError:
    """Say what the constraint has to say, or which module keeps something from being deleted."""
    broken = error.driver_exception
    schema = getattr(broken, "schema_name", None)
    is_foreign_key = getattr(broken, "sqlstate", None) in _FOREIGN_KEY
    if is_foreign_key and _is_deletion(error.statement):
        module = module_of(str(schema))
        if module is not None:
            return Conflict(f"The module {module} still refers to it.", module=module)
    # One that is looked at with the commit may have been broken by either end.
    elif error.statement or not is_foreign_key:
        table, name = (getattr(broken, part, None) for part in ("table_name", "constraint_name"))
        refusal = refusals.get(Place(schema, table, name))
        if refusal is not None:
            return refusal.make_error()
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
