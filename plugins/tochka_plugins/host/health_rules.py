"""Rules for a module's checks, so that asking one can only tell whether it passes."""

import re
from collections.abc import Iterator, Mapping
from inspect import iscoroutinefunction
from typing import Any, Final

from tochka_plugins.host.callables import takes_one

_WORDS: Final = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"


def broken_health_rules(checks: Mapping[Any, Any]) -> Iterator[str]:
    """Yield a sentence for each rule that a check breaks."""
    for name, check in checks.items():
        if not (isinstance(name, str) and re.fullmatch(_WORDS, name)):
            yield f"the name {name!r} must match {_WORDS}"
        if not iscoroutinefunction(check):
            yield f"{name!r} must be a coroutine function, not {check!r}"
        elif not takes_one(check):
            yield f"{name!r} must take one argument, the platform"
