"""An end to waiting for a body that does not come."""

import asyncio
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.types.asgi_types import HTTPReceiveMessage, WebSocketReceiveMessage
from tochka_plugins import TochkaError

Received = HTTPReceiveMessage | WebSocketReceiveMessage

GAP_SECONDS: Final = 20.0
"""Less than a worker may take to stop, so that it need not be killed for a client's sake."""


class BodyTimedOut(TochkaError):
    """The client has announced a body and sends nothing."""

    status = 408
    title = "Request timeout"


class BodyTimeout:
    """Wraps an application; its requests wait no longer than a moment for the rest of a body.

    The server has a limit for the headers, but none for what follows them.
    """

    def __init__(self, app: ASGIApp, *, gap_seconds: float = GAP_SECONDS) -> None:
        """Wrap *app*; a client may be silent for *gap_seconds*."""
        self._app = app
        self._gap_seconds = gap_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_whole = scope["type"] != ScopeType.HTTP

        async def receive_soon() -> Received:
            nonlocal is_whole
            if is_whole:
                # What comes is the end of the connection, and may take its time.
                return await receive()
            try:
                async with asyncio.timeout(self._gap_seconds):
                    message = await receive()
            except TimeoutError:
                is_whole = True
                raise BodyTimedOut("The rest of the body did not come.") from None
            is_whole = message["type"] != "http.request" or not message.get("more_body")
            return message

        await self._app(scope, receive_soon, send)
