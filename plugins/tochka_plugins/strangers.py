"""Asking servers that belong to nobody we know, and may mean harm.

    async with StrangersTransport(verify=tls) as transport:
        response = await transport.handle_async_request(request)

A time limit alone does not keep a worker from being busy: a server that sends nothing but interim
responses (`100 Continue`) is read as fast as it sends.
"""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore
import httpx

MAX_BYTES: Final = 128 * 1024
"""How much a connection may bring: more than all headers that are accepted, and a short body."""

_CHUNK_BYTES: Final = 4096
"""So little is looked at before other requests of the worker get their turn."""

_SocketOptions = Iterable[Any] | None


class StrangersTransport(httpx.AsyncHTTPTransport):
    """Speaks HTTP/1.1, on connections that bring `MAX_BYTES` at most and then fail.

    The environment's proxies are not used, and nothing is tried twice.
    """

    def __init__(self, *, verify: ssl.SSLContext) -> None:
        """Trust whom *verify* trusts."""
        super().__init__(verify=verify, trust_env=False)
        # httpx has no parameter for what it reads from; errors are told as its own all the same.
        self._pool = httpcore.AsyncConnectionPool(ssl_context=verify, network_backend=_Backend())


class _Backend(httpcore.AnyIOBackend):
    """Opens connections that are bounded."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: _SocketOptions = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Bounded(stream)


class _Bounded(httpcore.AsyncNetworkStream):
    """A connection that may not bring more than so much."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._left = MAX_BYTES

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._left <= 0:
            raise httpcore.ReadError(f"It sends more than {MAX_BYTES} bytes.")
        # What has come already is there without waiting, and would leave others no turn.
        await asyncio.sleep(0)
        read = await self._stream.read(min(max_bytes, _CHUNK_BYTES, self._left), timeout)
        self._left -= len(read)
        return read

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return _Bounded(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        return self._stream.get_extra_info(info)
