"""An application in this process whose requests run at once where they are sent at once.

Litestar's own test client holds the event loop until the answer is there: what is gathered with it
runs one after another.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from litestar import Litestar


@asynccontextmanager
async def concurrent_client(
    app: Litestar, *, patience_seconds: float | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Run *app* for as long as the block lasts; yield a client of it.

    A request that takes longer than *patience_seconds* raises `httpx.ReadTimeout`.
    """
    transport = _Transport(app, patience_seconds)
    async with (
        _running(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client,
    ):
        yield client


class _Transport(httpx.ASGITransport):
    """Hands requests to an application, and waits for its answers no longer than it must."""

    def __init__(self, app: Litestar, patience_seconds: float | None) -> None:
        served: Any = app  # each of the two has types of its own for the same
        super().__init__(served, raise_app_exceptions=False)
        self._patience_seconds = patience_seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await super().handle_async_request(request)
        except TimeoutError as error:
            told = f"{request.method} {request.url.path} takes longer than"
            message = f"{told} {self._patience_seconds:g} s"
            raise httpx.ReadTimeout(message, request=request) from error


@asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    # In a task of its own: a fixture ends in another task than it has begun in, anyio's scopes not.
    started, is_over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await is_over.wait()

    life, start = asyncio.create_task(live()), asyncio.create_task(started.wait())
    await asyncio.wait([life, start], return_when=asyncio.FIRST_COMPLETED)
    start.cancel()
    try:
        if life.done():
            await life
        yield
    finally:
        is_over.set()
        await life
