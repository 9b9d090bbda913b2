"""Keeping the process as it was while a module's code runs in it."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

_STREAMS: Final = ("stdout", "stderr")


class ProcessHarmed(Exception):
    """A module has changed something that holds for all code in the process."""


@contextmanager
def process_kept() -> Iterator[None]:
    """Put back, after the block, what belongs to the process as a whole.

    What is printed meanwhile goes to standard error: it is not the answer of a command.

    Raises:
        ProcessHarmed: code in the block has lowered the recursion limit, gone to another folder, or
            closed a standard stream.
    """
    limit, folder = sys.getrecursionlimit(), _current_folder()
    streams = {name: getattr(sys, name) for name in _STREAMS}
    lent = {name: LentStream(sys.stderr) for name in _STREAMS}
    vars(sys).update(lent)
    try:
        yield
    finally:
        vars(sys).update(streams)
        harm = [f"sys.{name}.close()" for name, stream in lent.items() if stream.closed]
        if (lowered_to := sys.getrecursionlimit()) < limit:
            sys.setrecursionlimit(limit)
            harm.append(f"sys.setrecursionlimit({lowered_to})")
        if folder is not None and (left_for := _current_folder()) != folder:
            os.chdir(folder)
            harm.append(f"os.chdir({left_for!r})")
        if harm:
            raise ProcessHarmed(f"{', '.join(harm)} harms all other modules")


def _current_folder() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None


class LentStream(io.TextIOBase):
    """A standard stream that may be closed while the real one stays open."""

    def __init__(self, stream: TextIO) -> None:
        """Write to *stream*."""
        self._stream = stream

    def write(self, text: str, /) -> int:
        """Write *text* as long as this is not closed."""
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        return self._stream.write(text)

    def flush(self) -> None:
        """Flush the real stream, also when this is closed: it closes by flushing."""
        self._stream.flush()

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def isatty(self) -> bool:
        """Tell whether the real stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the descriptor of the real stream."""
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        """The encoding of the real stream."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]  # as above
        """How the real stream treats what it cannot encode."""
        return self._stream.errors

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the rest is the real stream's
        """Return what else the real stream has, such as `buffer`."""
        return getattr(self._stream, name)
