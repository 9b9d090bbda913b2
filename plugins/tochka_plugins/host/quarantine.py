"""Why a module is not served."""

import traceback
from pathlib import Path
from typing import Literal

import msgspec

Phase = Literal["gate", "load", "stage", "migrate"]
"""The step of a module's life in which it was stopped."""


class Quarantined(msgspec.Struct, frozen=True):
    """A module that is set aside, with the reason for its author and its operator."""

    name: str
    phase: Phase
    reason: str
    distribution: str | None = None
    version: str | None = None
    blocked_by: str | None = None
    """The module whose quarantine caused this one, if any."""


def reason_of(error: BaseException) -> str:
    """Return one line that says what was raised, and where in the module's own code.

    The last frame of the traceback is the place: `ValueError: no (tochka_x/hooks.py:12 in f)`.
    """
    message = str(error).strip().splitlines()
    line = f"{type(error).__name__}: {message[0]}" if message else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return line
    last = frames[-1]
    place = "/".join(Path(last.filename).parts[-2:])
    return f"{line} ({place}:{last.lineno} in {last.name})"
