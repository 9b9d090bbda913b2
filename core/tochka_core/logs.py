"""Log lines: one event each, as JSON for programs or in colour for a person at a terminal."""

import io
import logging
import re
import sys
from collections.abc import Collection, Sequence
from typing import Final, TextIO

import structlog

from tochka_core.request_facts import add_facts

_ROW_OF_AN_ERROR: Final = re.compile(
    r"^DETAIL:.*?(?=^\[SQL:|^\(Background|^The above exception|^During handling|\Z)",
    re.DOTALL | re.MULTILINE,
)
"""PostgreSQL's detail of an error quotes the row: a phone, a hash, a tenant's text."""

_FACTS: Final[Sequence[structlog.typing.Processor]] = (
    structlog.contextvars.merge_contextvars,
    add_facts,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logging(level: str, *, packages: Collection[str] = ()) -> None:
    """Write log lines of at least *level* to standard error.

    What *packages* write with the standard library's `logging` is shown from the same level on,
    what other libraries write from `WARNING` on. Call it again once modules are imported: one may
    have set up logging for itself.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    for_programs: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        _leave_rows_out,
        structlog.processors.JSONRenderer(),
    ]
    # The plain formatter: the rich one prints local variables, passwords among them.
    for_person = [structlog.dev.ConsoleRenderer(exception_formatter=_print_exception)]
    rendering = for_person if sys.stderr.isatty() else for_programs
    structlog.configure(
        processors=[*_FACTS, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_standard_library(threshold, packages, rendering)


def _configure_standard_library(
    threshold: int, packages: Collection[str], rendering: Sequence[structlog.typing.Processor]
) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_FACTS, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.disable(logging.NOTSET)
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    for package in packages:
        logging.getLogger(package).setLevel(threshold)


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
