"""Log lines: one event each, as JSON for programs or in colour for a person at a terminal."""

import io
import logging
import re
import sys
from typing import Final, TextIO

import structlog

_ROW_OF_AN_ERROR: Final = re.compile(
    r"^DETAIL:.*?(?=^\[SQL:|^\(Background|^The above exception|^During handling|\Z)",
    re.DOTALL | re.MULTILINE,
)
"""PostgreSQL's detail of an error quotes the row: a phone, a hash, a tenant's text."""


def configure_logging(level: str) -> None:
    """Write log lines of at least *level* to standard error."""
    for_programs: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        _leave_rows_out,
        structlog.processors.JSONRenderer(),
    ]
    # The plain formatter: the rich one prints local variables, passwords among them.
    for_person = [structlog.dev.ConsoleRenderer(exception_formatter=_print_exception)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(for_person if sys.stderr.isatty() else for_programs),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def without_rows(traceback: str) -> str:
    """Return *traceback* without the rows that database errors quote."""
    return _ROW_OF_AN_ERROR.sub("DETAIL: (left out)\n", traceback)


def _leave_rows_out(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    if "exception" in line:
        line["exception"] = without_rows(line["exception"])
    return line


def _print_exception(stream: TextIO, error: structlog.typing.ExcInfo) -> None:
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, error)
    stream.write(without_rows(plain.getvalue()))
