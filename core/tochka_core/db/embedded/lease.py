"""Who uses the server, and whose turn it is to start or stop it.

Both answers are `flock` locks, which the kernel takes back from a process however it ends. They
belong to the open file: `exec` closes it (the descriptors are not inheritable), but a child made
by a bare `fork` shares it, and so keeps its parent's lease until the child has ended too.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tochka_core.errors import OperatorError

if sys.platform != "win32":
    import fcntl

# Longer than the slowest start and stop that `postmaster` allows, one after the other.
_TURN_SECONDS = 240.0
_POLL_SECONDS = 0.05


@contextmanager
def hold_lease(path: Path) -> Iterator[None]:
    """Count as a user of the server while inside."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def is_leased(path: Path) -> bool:
    """Whether somebody uses the server. True for certain only while holding the turn."""
    descriptor = _open(path)
    try:
        return not _try_exclusively(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def take_turn(path: Path, *, turn_seconds: float = _TURN_SECONDS) -> Iterator[None]:
    """Be the only one to start or stop the server while inside.

    Raises:
        OperatorError: another launcher has kept the turn for *turn_seconds*.
    """
    descriptor = _open(path)
    deadline = time.monotonic() + turn_seconds
    try:
        while not _try_exclusively(descriptor):
            if time.monotonic() > deadline:
                raise OperatorError(
                    f"Another tochka command has been starting or stopping the database in "
                    f"{path.parent} for {turn_seconds:.0f} s: end it and try again."
                )
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _try_exclusively(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    # Not O_EXCL and never unlinked: a lock on a removed file would exclude nobody.
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
