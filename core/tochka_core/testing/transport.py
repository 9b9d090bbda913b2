"""Requests of tests, answered by an application that runs in another thread."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, cast

import httpx
from anyio.from_thread import BlockingPortal
from litestar import Litestar

from tochka_core.testing.begun import Begun


class ThreadTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hands requests to *portal*, in whose event loop the application lives.

    Whoever asks may be an ordinary function, or run in any event loop.
    """

    def __init__(self, app: Litestar, portal: BlockingPortal, begun: Begun) -> None:
        """Have *app* answer; what it begins meanwhile is followed by *begun*."""
        self._inner = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
        self._portal = portal
        self._begun = begun

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer."""
        answer: httpx.Response = self._portal.call(self._answering(request, request.read()))
        return answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, and let others ask meanwhile."""
        answering = self._answering(request, await request.aread())
        answer: httpx.Response = await asyncio.wrap_future(self._portal.start_task_soon(answering))
        return answer

    def _answering(
        self, request: httpx.Request, body: bytes
    ) -> Callable[[], Coroutine[Any, Any, httpx.Response]]:
        stream = httpx.ByteStream(body)
        whole = httpx.Request(request.method, request.url, headers=request.headers, stream=stream)
        return partial(self._begun.run, partial(self._answer, whole))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        # As it was sent: decoding is up to the client.
        parts = [part async for part in cast("httpx.AsyncByteStream", answer.stream)]
        stream = httpx.ByteStream(b"".join(parts))
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)
