"""Log lines: one event each, as JSON for programs or in colour for a person at a terminal."""

import logging
import sys

import structlog


def configure_logging(level: str) -> None:
    """Write log lines of at least *level* to standard error."""
    is_terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        # The plain formatter: the rich one prints local variables, passwords among them.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if is_terminal
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if is_terminal else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
