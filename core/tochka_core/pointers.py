"""Where in a document something is wrong, as JSON pointers (RFC 6901)."""

import re
from collections.abc import Iterable
from typing import Final

_PATH: Final = re.compile(r" - at `\$(?P<path>[^`]*)`")
_FIELD: Final = re.compile(r"(?:unknown|required) field `(?P<field>[^`]*)`")
_STEP: Final = re.compile(r"[^.\[\]]+")


def pointer_to(steps: Iterable[str]) -> str:
    """Return the pointer that takes these steps; `""` means the whole document."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)


def path_in(message: str) -> str | None:
    """Return the path that msgspec's sentence has of what is wrong, `None` where it has none."""
    found = _PATH.search(message)
    return found and found["path"]


def steps_of(message: str, path: str) -> list[str]:
    """Return the steps of *path*, and the one to a field that msgspec's sentence names besides."""
    steps = _STEP.findall(path)
    if field := _FIELD.search(message):
        steps.append(field["field"])
    return steps


def without_path(message: str) -> str:
    """Return msgspec's sentence without the path of what is wrong."""
    return _PATH.sub("", message)
