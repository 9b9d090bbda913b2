"""Rules for what a module declares by name, so that no two modules can mean the same name."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from tochka_plugins.host.storable import is_storable
from tochka_plugins.limits import Limit
from tochka_plugins.permissions import Permission

MAX_LIMIT: Final = 2**63 - 1
"""What a bigint of PostgreSQL holds."""

_WORDS: Final = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"


def broken_permission_rules(permissions: Sequence[Permission], module: str) -> Iterator[str]:
    """Yield a sentence for each rule that a permission of *module* breaks."""
    yield from broken_names([item.name for item in permissions], f"{module}:")
    for permission in permissions:
        yield from _broken_text(permission.name, "title", permission.title)


def broken_limit_rules(limits: Sequence[Limit], module: str) -> Iterator[str]:
    """Yield a sentence for each rule that a limit of *module* breaks."""
    yield from broken_names([item.name for item in limits], f"{module}.")
    for limit in limits:
        yield from _broken_text(limit.name, "title", limit.title)
        yield from _broken_text(limit.name, "unit", limit.unit)
        if limit.default is not None and not 0 <= limit.default <= MAX_LIMIT:
            yield f"the default of {limit.name!r} must be None or from 0 to {MAX_LIMIT}"


def broken_names(names: Sequence[str], prefix: str) -> Iterator[str]:
    """Yield a sentence for each rule that a name, which has to begin with *prefix*, breaks."""
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{name!r} is declared {times} times"
        if not name.startswith(prefix):
            yield f"the name {name!r} must begin with {prefix!r}"
        elif not re.fullmatch(_WORDS, name.removeprefix(prefix)):
            yield f"what follows {prefix!r} in {name!r} must match {_WORDS}"


def _broken_text(name: str, field: str, text: str) -> Iterator[str]:
    if not text.strip():
        yield f"the {field} of {name!r} is empty"
    elif not is_storable(text):
        yield f"the {field} of {name!r} has a NUL or half a surrogate pair"
