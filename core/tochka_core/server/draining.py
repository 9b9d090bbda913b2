"""Letting clients leave a worker that is about to stop, before it stops.

A server that stops closes idle connections, and a client that sends its next request at that moment
loses it. So a worker is first told to drain: it goes on serving, but closes each connection with
the answer, and the client's next request goes to the successor.
"""

import os
import signal
from typing import Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

DRAIN_SECONDS: Final = 1.0
"""How long a worker drains; a client that is quiet for longer is not likely to speak just then."""

_SIGNAL: Final = signal.SIGUSR1


def ask_to_drain(pid: int) -> None:
    """Tell the worker *pid* to drain."""
    os.kill(pid, _SIGNAL)


class Draining:
    """Wraps an application; from the signal on, each of its answers closes the connection."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap *app* and listen for the signal, which takes the main thread."""
        self._app = app
        self._is_draining = False
        signal.signal(_SIGNAL, self._drain)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start" and self._is_draining:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, send_and_close)

    def _drain(self, *_: object) -> None:
        self._is_draining = True
