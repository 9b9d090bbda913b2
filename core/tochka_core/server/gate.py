"""Where processes wait, all that they import in hand, until what they are to load is there."""

import multiprocessing
from contextlib import suppress
from multiprocessing.connection import Connection


class Gate:
    """Shut until it is opened, once; who comes later goes straight through."""

    def __init__(self) -> None:
        """Shut it; children get its *entrance*."""
        # A pipe of which the other end is closed can be read at once, in all processes; so it is
        # when the one who would open it has been killed.
        self.entrance, self._latch = multiprocessing.Pipe(duplex=False)

    def open(self) -> None:
        """Let all through."""
        self._latch.close()


def wait_at(entrance: "Connection[object, object]") -> None:
    """Wait until the gate with this *entrance* is open."""
    with suppress(EOFError):
        entrance.recv()
