"""Why a module is not served."""

import re
import traceback
from pathlib import Path
from typing import Final, Literal

import msgspec

from tochka_plugins.host.discovery import Candidate
from tochka_plugins.host.storable import storable

Phase = Literal["gate", "load", "stage", "migrate", "start"]
"""The step of a module's life in which it was stopped."""


MAX_MESSAGE_CHARACTERS = 500
"""Enough for a sentence; a statement with all its parameters helps nobody in a table."""

_ADVERTISEMENT: Final = re.compile(
    r"\[SQL parameters hidden due to hide_parameters=True\]|\(Background on this error at: \S+\)"
)
"""What SQLAlchemy adds to each error, which tells nothing of it."""


class Quarantined(msgspec.Struct, frozen=True):
    """A module that is set aside, with the reason for its author and its operator."""

    name: str
    phase: Phase
    reason: str
    distribution: str | None = None
    version: str | None = None
    blocked_by: str | None = None
    """The module whose quarantine caused this one, if any."""


def quarantine(
    candidate: Candidate, phase: Phase, reason: str, *, blocked_by: str | None = None
) -> Quarantined:
    """Return the quarantine of *candidate*."""
    return Quarantined(
        name=candidate.name,
        phase=phase,
        reason=reason,
        distribution=candidate.distribution,
        version=candidate.version,
        blocked_by=blocked_by,
    )


def reason_of(error: BaseException, *, package: str) -> str:
    """Return one line that says what was raised, and where in the module's own code.

    The place is the last frame of the traceback inside *package*, as that is where the author can
    do something: `ValueError: no (tochka_x/hooks.py:12 in tochka_routes)`.
    """
    line = f"{type(error).__name__}: {_message(error)}".removesuffix(": ")
    return storable(line + _place(error, package))


def _place(error: BaseException, package: str) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if package in Path(frame.filename).parts]
    if not own:
        return ""
    last = own[-1]
    parts = Path(last.filename).parts
    file = "/".join(parts[parts.index(package) :])
    return f" ({file}:{last.lineno} in {last.name})"


def _message(error: BaseException) -> str:
    try:
        said = _ADVERTISEMENT.sub("", " ".join(str(error).split()))
        return said.strip()[:MAX_MESSAGE_CHARACTERS]
    except Exception:  # noqa: BLE001 - a module's exception may fail even at this
        return ""
