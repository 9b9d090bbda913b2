"""What a child process of ours is started with: it ends with us, be it by `kill -9`.

Nor does it import what lies in the current folder, which is not what is installed.
"""

import os
import signal
import threading
import time
from typing import Final

_VARIABLE: Final = "_TOCHKA_PARENT"
"""The number of the process that its children shall not outlive; set by it and by nobody else."""

_POLL_SECONDS: Final = 0.25


def child_environment() -> dict[str, str]:
    """Return the environment for a child that calls `end_with_parent`."""
    return {**os.environ, **_for_children()}


def expect_children() -> None:
    """Put the same into this process's own environment, for children that inherit it."""
    os.environ.update(_for_children())


def _for_children() -> dict[str, str]:
    return {_VARIABLE: str(os.getpid()), "PYTHONSAFEPATH": "1"}


def end_with_parent(*, grace_seconds: float) -> None:
    """Send this process SIGTERM once its parent is gone, and end it *grace_seconds* later.

    Does nothing in a process whose parent did not ask for it. It works while the main thread runs
    a loop of Python, as a module's import may.
    """
    # Taken out: a child of this process has another parent.
    parent = int(os.environ.pop(_VARIABLE, 0))
    if not parent:
        return

    def watch() -> None:
        # Not waited for by a pipe or a signal: the parent may be gone before we begin.
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_seconds)
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
