"""What a log line leaves out, and who may write one."""

import json
import logging

import pytest
import structlog
from sqlalchemy.exc import DBAPIError
from tochka_core.logs import configure_logging, without_rows

ROW = 'duplicate key\nDETAIL:  Key (phone)=(+79991234567) already exists.\n\n"second line"'


def test_the_row_that_an_error_quotes_is_left_out():
    error = str(DBAPIError("SELECT 1", None, Exception(ROW), hide_parameters=True))
    assert "79991234567" in error
    clean = without_rows(f"Traceback:\n{error}")
    assert "79991234567" not in clean
    assert "second line" not in clean
    assert "duplicate key" in clean
    assert "[SQL: SELECT 1]" in clean


@pytest.fixture
def logging_for(monkeypatch):
    """Set logging up as for a terminal, or not; undo it afterwards."""

    def logging_for(*, terminal):
        monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
        configure_logging("info", packages=["my_module"])

    handlers, level = logging.root.handlers[:], logging.root.level
    yield logging_for
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.mark.parametrize("terminal", [True, False])
def test_no_log_line_shows_a_row(capsys, logging_for, terminal):
    logging_for(terminal=terminal)
    error = RuntimeError("first")
    error.__cause__ = ValueError(ROW)
    structlog.get_logger().error("unexpected error", exc_info=error)
    shown = capsys.readouterr().err
    assert "duplicate key" in shown
    assert "79991234567" not in shown


def test_a_module_writes_with_the_standard_library(capsys, logging_for):
    logging_for(terminal=False)
    logging.getLogger("my_module.services").info("counted %d", 3)
    logging.getLogger("a_library").info("too much detail")
    [line] = map(json.loads, capsys.readouterr().err.splitlines())
    assert line["event"] == "counted 3"
    assert line["level"] == "info"
    assert line["logger"] == "my_module.services"


def test_a_module_that_sets_up_logging_for_itself_is_overruled(capsys, logging_for):
    logging.disable(logging.CRITICAL)
    logging.basicConfig(format="%(message)s", level=logging.DEBUG, force=True)
    structlog.configure(processors=[lambda *_: "mine"])
    logging_for(terminal=False)
    structlog.get_logger().info("platform")
    logging.getLogger("my_module").warning("module")
    events = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert events == ["platform", "module"]
