"""A server that nobody knows cannot keep a worker busy by what it sends."""

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from tochka_plugins.strangers import MAX_BYTES, StrangersTransport

TLS = ssl.create_default_context()
FLOODS = {
    "interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 100),
    "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", b"x" * 1000),
}


@asynccontextmanager
async def stranger(answer):
    """Serve what *answer* writes; yield its URL."""

    async def serve(reader, writer):
        with suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/"


async def ask(url):
    async with StrangersTransport(verify=TLS) as transport:
        response = await transport.handle_async_request(httpx.Request("GET", url))
        try:
            return await response.aread()
        finally:
            await response.aclose()


async def test_an_ordinary_answer_is_read():
    async def answer(writer):
        writer.write(
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
        )
        await writer.drain()

    async with stranger(answer) as url:
        assert await ask(url) == b"hi"


@pytest.mark.parametrize(("first", "again"), FLOODS.values(), ids=FLOODS)
async def test_a_flood_is_cut_off_and_others_get_their_turn(first, again):
    sent = 0

    async def answer(writer):
        nonlocal sent
        writer.write(first)
        while True:
            writer.write(again)
            await writer.drain()
            sent += len(again)

    async with stranger(answer) as url:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await ask(url)
    assert sent > MAX_BYTES / 2  # by the same event loop
