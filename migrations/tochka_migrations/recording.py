"""Writing down the statements that take a schema forward."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Select, event
from sqlalchemy.engine.interfaces import ExecutionContext


@contextmanager
def recorded(connection: Connection, statements: list[str]) -> Iterator[None]:
    """Add to *statements* what runs in the block, without parameters.

    A SELECT that SQLAlchemy or Alembic has built reads only, and is left out. What repeats itself
    for one row after another stands there once.
    """

    def record(
        _connection: Connection,
        _cursor: Any,  # noqa: ANN401 - the driver's
        statement: str,
        _parameters: object,
        context: ExecutionContext,
        *_further: object,
    ) -> None:
        line = statement.strip()
        if not _only_reads(context) and statements[-1:] != [line]:
            statements.append(line)

    event.listen(connection, "before_cursor_execute", record)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", record)


def _only_reads(context: ExecutionContext) -> bool:
    return context.compiled is not None and isinstance(context.compiled.statement, Select)
