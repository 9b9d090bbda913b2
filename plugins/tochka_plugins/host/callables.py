"""What can be told of a module's functions without calling them."""

from inspect import signature
from typing import Any


def takes_one(function: Any) -> bool:  # noqa: ANN401 - anything that can be called
    """Tell whether *function* can be called with one argument, by its place."""
    try:
        signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:
        return True  # nothing tells, as of some functions written in C
    return True
