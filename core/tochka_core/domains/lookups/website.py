"""The file that proves a domain, read from the web site on it."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import aclosing
from typing import Final

import httpx
import structlog
from tochka_plugins.addresses import Address
from tochka_plugins.strangers import StrangersTransport

from tochka_core.domains.errors import NoAnswer

READ_SECONDS: Final = 5.0
"""How long it may take to connect, ask and read, at one address."""

MAX_ADDRESSES: Final = 2
MAX_FILE_BYTES: Final = 1024

_log = structlog.get_logger(__name__)


class Website:
    """Reads a file from a web site, at addresses that the caller has found harmless.

    The name is resolved once, by the caller: what is connected to is an address, so that no second
    answer of the name servers can lead elsewhere. The certificate must be the domain's all the
    same. Redirects are not even looked at: where one leads can be malformed in ways that httpx's
    client, which prepares to follow it, raises for. The environment's proxies are not used.
    """

    def __init__(self, *, port: int = 443, tls: ssl.SSLContext | None = None) -> None:
        """Connect to *port*, and trust whom *tls* trusts, or else the usual authorities."""
        self._port = port
        self._tls = tls or httpx.create_ssl_context()

    async def read(self, domain: str, path: str, addresses: Sequence[Address]) -> bytes:
        """Return the file at *path*, or its first bytes where it is long; none where there is none.

        Raises:
            NoAnswer: no address answers in time, or in TLS with a certificate of *domain*; or the
                site says that it is out of order.
        """
        for address in addresses[:MAX_ADDRESSES]:
            try:
                async with asyncio.timeout(READ_SECONDS):
                    return await self._read_from(address, domain, path)
            except (httpx.HTTPError, ssl.SSLError, TimeoutError) as error:
                _log.info("web site does not answer", domain=domain, error=type(error).__name__)
        raise NoAnswer

    async def _read_from(self, address: Address, domain: str, path: str) -> bytes:
        url = httpx.URL(scheme="https", host=str(address), port=self._port, path=path)
        headers = {"Host": domain, "Accept-Encoding": "identity", "User-Agent": "tochka-rosta"}
        request = httpx.Request("GET", url, headers=headers, extensions={"sni_hostname": domain})
        async with (
            StrangersTransport(verify=self._tls) as transport,
            aclosing(await transport.handle_async_request(request)) as response,
        ):
            if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                raise NoAnswer
            content = b""
            if response.status_code == httpx.codes.OK:
                async for chunk in response.aiter_raw():
                    content += chunk
                    if len(content) > MAX_FILE_BYTES:
                        break
            return content
