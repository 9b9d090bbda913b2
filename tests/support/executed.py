"""The statements that something takes."""

import sys
from contextlib import contextmanager
from unittest.mock import patch

from sqlalchemy import Engine, event
from tochka_core.throttling import services as throttling


@contextmanager
def executed():
    """Yield a list of the statements of all engines of this process, as they come.

    Tries are not cleaned up meanwhile: that comes with every so manieth one, whatever it is.
    """
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    # SQLAlchemy would take it that somebody listens for the rest of the process.
    with patch.object(Engine, "_has_events", Engine._has_events):
        event.listen(Engine, "before_cursor_execute", note)
        try:
            with patch.object(throttling, "TRIES_BETWEEN_CLEANINGS", sys.maxsize):
                yield statements
        finally:
            event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def executed_or_begun():
    """Yield the same with a `BEGIN` for each transaction, also for one without any statement."""
    with executed() as statements:

        def note(_connection):
            statements.append("BEGIN")

        event.listen(Engine, "begin", note)
        try:
            yield statements
        finally:
            event.remove(Engine, "begin", note)
