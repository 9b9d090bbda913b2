"""Keeping a transaction whole: nothing that runs in it may end it or change its role."""

import re
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

_LEAVES_TRANSACTION: Final = re.compile(
    r"""
    (?: \s | ; | --[^\n]*\n | /\*.*?\*/ )*
    (?: commit | end | abort | begin | start \s+ transaction | prepare \s+ transaction
      | rollback (?! \s+ (?:(?:work|transaction) \s+)? to \b )
      | (?:set (?:\s+ (?:session|local))? | reset) \s+ (?:role | session \s+ authorization)
      | discard
    ) \b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


class ForbiddenStatement(RuntimeError):
    """A statement would have ended the transaction, or changed the role it runs in."""

    def __init__(self, statement: str) -> None:
        super().__init__(
            f"{statement.strip()[:60]!r} is not for code that runs in the platform's transaction;"
            " for a part that may fail alone use a savepoint"
        )


def keep_whole(target: Engine | Connection) -> None:
    """Refuse, on *target*, statements that would leave the transaction they run in."""
    event.listen(target, "before_cursor_execute", _refuse)


def _refuse(
    _connection: Connection,
    _cursor: Any,  # noqa: ANN401 - the driver's
    statement: str,
    *_further: object,
) -> None:
    if _LEAVES_TRANSACTION.match(statement):
        raise ForbiddenStatement(statement)
