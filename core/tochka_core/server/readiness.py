"""How workers tell their supervisor that they can take requests: by a pipe that all write to."""

import multiprocessing
import os
from importlib import import_module
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from tochka_core.garbage import load_much
from tochka_core.server.gate import wait_at

if TYPE_CHECKING:
    from litestar import Litestar


class Readiness:
    """What the supervisor has heard of its workers."""

    def __init__(self) -> None:
        """Open the pipe; workers get its *writer*."""
        self._reader, self.writer = multiprocessing.Pipe(duplex=False)
        self._pids: set[int] = set()
        self._has_heard = False

    def has_any_announced(self) -> bool:
        """Tell whether any worker could ever take requests."""
        self._read()
        return self._has_heard

    def has_announced(self, pid: int) -> bool:
        """Tell whether the process *pid* can take requests."""
        self._read()
        return pid in self._pids

    def forget(self, pid: int) -> None:
        """Forget the process *pid*, which has ended, as its number may be given again."""
        self._pids.discard(pid)

    def _read(self) -> None:
        while self._reader.poll():
            self._pids.add(self._reader.recv())
            self._has_heard = True


def load_announcing(
    writer: "Connection[int, int]", entrance: "Connection[object, object]", target: str
) -> "Litestar":
    """Return what *target* makes, an application that announces this process when it starts.

    It is imported at once, and made when the gate with this *entrance* is open.
    """
    load_much()
    module, _, factory = target.partition(":")
    make = getattr(import_module(module), factory)
    wait_at(entrance)
    app: Litestar = make()

    def announce() -> None:
        # Less than PIPE_BUF, so that it does not mix with what other workers write.
        writer.send(os.getpid())

    app.on_startup.append(announce)
    return app
