"""The command `tochka`."""

import signal
import sys
from importlib import import_module

from tochka_core.garbage import load_much
from tochka_core.parentage import end_with_parent


def main() -> None:
    """Run the command that the process was started with.

    Ctrl-C, SIGTERM and SIGHUP lead through the command's clean end, and exit with 128 and the
    signal's number as a shell would have it.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _exit)
    end_with_parent(grace_seconds=30)
    load_much()
    try:
        # Only now: it takes a second, in which Ctrl-C would end in a traceback.
        import_module("tochka_core.cli.group").tochka()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _exit(number: int, _frame: object) -> None:
    sys.exit(128 + number)


__all__ = ["main"]
