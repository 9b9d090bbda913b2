"""What log lines, and entries of the audit log, carry of the request in which they are written."""

from collections.abc import Mapping
from contextvars import ContextVar, Token
from typing import Any, Final

from structlog.typing import EventDict

Facts = Mapping[str, str]

_NONE: Final[Facts] = {}
_facts: Final[ContextVar[Facts]] = ContextVar("tochka_request_facts", default=_NONE)


def request_facts() -> Facts:
    """Return what is known of the request that runs, by name; nothing outside of one."""
    return _facts.get()


def tell_facts(**facts: str) -> Token[Facts]:
    """Add *facts* to what is known; `forget_facts` takes them back."""
    return _facts.set({**_facts.get(), **facts})


def forget_facts(token: Token[Facts]) -> None:
    """Take back what was told, with what the telling has returned."""
    _facts.reset(token)


def add_facts(_logger: Any, _method: str, event: EventDict) -> EventDict:  # noqa: ANN401 - structlog's own
    """Put what is known into the line of *event*, which may know better."""
    return {**_facts.get(), **event}
