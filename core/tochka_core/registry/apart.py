"""A process of our own in which modules run, so that one may hang it or end it."""

import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from tochka_core.local import environment_of
from tochka_core.parentage import child_environment
from tochka_core.settings import Settings

_CHUNK_BYTES: Final = 65536
_STDERR: Final = 2


class Silent(Exception):
    """The process has told nothing for longer than it may."""

    def __init__(self, limit_seconds: float) -> None:
        super().__init__(f"takes longer than {limit_seconds:g} s")


@contextmanager
def process_apart(
    program: str,
    order: msgspec.Struct,
    *,
    environment: dict[str, str],
    output: int | IO[bytes] = _STDERR,
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Yield a process that runs our module *program*, and the descriptor of what it tells.

    It reads *order* from standard input, is given the number of a descriptor, writes lines to that,
    and ends with the block. What modules print in it goes to *output*.
    """
    events, writing = os.pipe()
    with tempfile.TemporaryFile() as file:
        file.write(msgspec.json.encode(order))
        file.seek(0)
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", program, str(writing)],
            stdin=file,
            # What modules print is not the answer of the command that runs them.
            stdout=output,
            stderr=output,
            env=environment,
            pass_fds=[writing],
            # Ctrl-C at the terminal is for the process that follows this one.
            start_new_session=True,
        )
    os.close(writing)
    try:
        yield process, events
    finally:
        os.close(events)
        process.kill()
        process.wait()


def environment_apart(settings: Settings, beside: Path | None = None) -> dict[str, str]:
    """Return the environment of a process that works on the database of *settings*.

    What lies in the folder *beside* counts as installed there, in the place of other versions.
    """
    environment = child_environment()
    path = [str(beside or ""), environment.get("PYTHONPATH", "")]
    found = {**environment, "PYTHONPATH": os.pathsep.join(filter(None, path))}
    return {**found, **environment_of(settings)}


def told_lines(descriptor: int, limit_seconds: Callable[[], float | None]) -> Iterator[bytes]:
    """Yield the lines that come, until the process ends.

    Raises:
        Silent: none has come for *limit_seconds*; `None` is as long as it must be.
    """
    buffer = b""
    while True:
        limit = limit_seconds()
        ready, _, _ = select.select([descriptor], [], [], limit)
        if not ready and limit is not None:
            raise Silent(limit)
        chunk = os.read(descriptor, _CHUNK_BYTES)
        if not chunk:
            return
        *lines, buffer = (buffer + chunk).split(b"\n")
        yield from lines
