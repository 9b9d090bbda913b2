"""When Python's garbage collector looks at what: much is made here that stays."""

import gc
from typing import Final

_LOADING: Final = 50_000
_SERVING: Final = 10_000
"""How many more objects there may be before it looks at the youngest; Python's own is 700."""


def load_much() -> None:
    """Look seldom from now on: what is imported stays, and looking takes a tenth of the time."""
    gc.set_threshold(_LOADING)


def serve_long() -> None:
    """Look at what requests leave behind, and no more at all the code that stays.

    Requests that wait for the database at the same time fill its youngest generation, so that it
    went through everything over and over: that took two thirds of the time of a busy worker.
    """
    gc.collect(0)  # what has been looked at before was in use: hardly any of it is garbage by now
    gc.freeze()
    gc.set_threshold(_SERVING)
