"""The statements that something takes."""

from contextlib import contextmanager

from sqlalchemy import Engine, event


@contextmanager
def executed():
    """Yield a list of the statements of all engines of this process, as they come."""
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
