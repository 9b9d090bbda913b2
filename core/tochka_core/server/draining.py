"""Letting clients leave a worker that is about to stop, before it stops.

A server that stops closes the connections that are idle or have not said anything yet, and a client
that speaks at that moment loses its request. So a worker is first told to drain: it takes no new
connections, and closes each of its own with the answer; what comes next goes to the successor.
"""

import os
import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

DRAIN_SECONDS: Final = 2.0
"""How long a worker drains; a client that is quiet for longer is not likely to speak just then."""

_SIGNAL: Final = signal.SIGUSR1
_MAX_DESCRIPTOR: Final = 1024
"""Listeners are opened first, so their numbers are low."""


def ask_to_drain(pid: int) -> None:
    """Tell the worker *pid* to drain."""
    os.kill(pid, _SIGNAL)


class Draining:
    """Wraps an application; from the signal on, each of its answers closes the connection."""

    def __init__(self, app: "ASGIApp") -> None:
        """Wrap *app* and listen for the signal, which takes the main thread."""
        self._app = app
        self._is_draining = False
        signal.signal(_SIGNAL, self._drain)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve one request."""

        async def send_and_close(message: "Message") -> None:
            if message["type"] == "http.response.start" and self._is_draining:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, send_and_close)

    def _drain(self, *_: object) -> None:
        self._is_draining = True
        _stop_accepting()


def _stop_accepting() -> None:
    """Put a listener that nobody knows in the place of each that this process has.

    The queue of connections is shared with the other workers, who go on taking from it. Closing
    ours would leave the server a descriptor that fails; on this one it waits in vain.
    """
    with socket.socket() as unknown:
        unknown.bind(("127.0.0.1", 0))
        unknown.listen(1)
        unknown.settimeout(0)
        for descriptor in list(_listeners()):
            if descriptor != unknown.fileno():
                os.dup2(unknown.fileno(), descriptor)


def _listeners() -> Iterator[int]:
    """Yield the descriptors of this process that connections are accepted from."""
    for descriptor in range(_MAX_DESCRIPTOR):
        with suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as copy:
                if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    yield descriptor
