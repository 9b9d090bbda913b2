"""An application in this process whose requests run at once where they are sent at once.

Litestar's own test client holds the event loop until the answer is there: what is gathered with it
runs one after another.
"""

import asyncio
from contextlib import asynccontextmanager

import httpx


@asynccontextmanager
async def concurrent_client(app):
    """Run *app* for as long as the block lasts; yield a client of it."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        _running(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver.local") as client,
    ):
        yield client


@asynccontextmanager
async def _running(app):
    # In a task of its own: a fixture ends in another task than it has begun in, anyio's scopes not.
    started, is_over = asyncio.Event(), asyncio.Event()

    async def live():
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
