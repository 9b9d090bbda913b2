"""Keeping a transaction whole: nothing in it may end it, change its role, or harm the driver.

The driver keeps prepared statements on the connection, and would look for them in vain.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

_LEAVES_TRANSACTION: Final = re.compile(
    r"""
    (?: \s | ; | --[^\n]*\n | /\*.*?\*/ )*
    (?: commit | end | abort | begin | start \s+ transaction | prepare
      | rollback (?! \s+ (?:(?:work|transaction) \s+)? to \b )
      | (?:set (?:\s+ (?:session|local))? | reset) \s+ (?:role | session \s+ authorization)
      | discard | deallocate
    ) \b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

_ENDING_METHODS: Final = ("commit", "rollback", "close")


class ForbiddenStatement(RuntimeError):
    """A statement would have ended the transaction, or changed the role it runs in."""

    def __init__(self, statement: str) -> None:
        super().__init__(
            f"{statement.strip()[:60]!r} is not for code that runs in the platform's transaction;"
            " for a part that may fail alone use a savepoint"
        )


def keep_whole(engine: Engine) -> None:
    """Refuse, on *engine*, statements that would leave the transaction they run in."""
    for execute in ("do_execute", "do_execute_no_params", "do_executemany"):
        event.listen(engine, execute, _refuse)


@contextmanager
def kept_whole(connection: Connection) -> Iterator[None]:
    """Refuse in the block whatever would end the transaction of *connection*.

    Blocks may lie in each other.
    """
    if _ENDING_METHODS[0] in vars(connection):
        yield
        return
    event.listen(connection, "before_cursor_execute", _refuse_before)
    for method in _ENDING_METHODS:
        setattr(connection, method, _refusal(f"connection.{method}()"))
    try:
        yield
    finally:
        for method in _ENDING_METHODS:
            delattr(connection, method)


def never_commit(connection: Connection) -> None:
    """Make sure that nothing done on *connection* can last."""
    event.listen(connection, "commit", _refuse_commit)


def _refuse_commit(_connection: Connection) -> None:
    raise ForbiddenStatement("COMMIT")


def _refusal(statement: str) -> Callable[..., None]:
    def refuse(*_arguments: object) -> None:
        raise ForbiddenStatement(statement)

    return refuse


def _refuse_before(_connection: Connection, *execution: Any) -> None:  # noqa: ANN401 - the driver's
    _refuse(*execution)


def _refuse(_cursor: Any, statement: str, *_further: object) -> None:  # noqa: ANN401 - as above
    if _LEAVES_TRANSACTION.match(statement):
        raise ForbiddenStatement(statement)
