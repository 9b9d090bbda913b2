"""One request to a receiver that may be slow, endless or hostile."""

import asyncio
import ssl
import time
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from typing import Final

import httpx
import msgspec
from tochka_plugins.strangers import StrangersTransport

from tochka_webhooks.destinations import Destinations, Refused, parse_url
from tochka_webhooks.schedule import read_retry_after
from tochka_webhooks.settings import OperatorSettings

EXCERPT_BYTES: Final = 1024
"""What is kept of an answer, for people who look for a mistake; nothing more is read."""

_EXCERPT_SECONDS: Final = 2.0
"""How long is waited for it: the status has said all that matters."""

_ERROR_CHARACTERS: Final = 200
_MAX_ADDRESSES: Final = 2


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What has come of one request."""

    duration_ms: int = 0
    status_code: int | None = None
    """`None` where there was no answer."""
    error: str | None = None
    """Why there was none, in a line for the tenant."""
    excerpt: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """Whether the receiver has taken it."""
        return self.status_code is not None and httpx.codes.is_success(self.status_code)

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants to be told nothing any more."""
        return self.status_code == httpx.codes.GONE


class Sender:
    """Posts to receivers, each time on a connection of its own.

    Redirects are not followed, and the environment's proxies not used. The name in the URL is
    resolved once, and the address that was looked at is connected to; the certificate must be the
    host's all the same.
    """

    def __init__(
        self,
        settings: OperatorSettings,
        destinations: Destinations,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take no more time than *settings* say, and send to nobody but *destinations*.

        Trust whom *tls* trusts, or else the usual authorities.
        """
        self.settings = settings
        self._destinations = destinations
        self._tls = tls or httpx.create_ssl_context()

    async def post(
        self, url: str, payload: bytes, headers: dict[str, str], *, at: datetime
    ) -> Answer:
        """Send *payload*, and return what came of it; whatever happens, in the time there is."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.settings.seconds):
                answer = await self._try_addresses(url, payload, headers, at)
        except Refused as refusal:
            answer = Answer(error=str(refusal))
        except TimeoutError:
            answer = Answer(error=f"There was no answer within {self.settings.seconds:g} s.")
        except (httpx.HTTPError, ssl.SSLError, OSError, ValueError) as error:
            answer = Answer(error=f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS])
        return msgspec.structs.replace(answer, duration_ms=round((time.monotonic() - began) * 1000))

    async def _try_addresses(
        self, url: str, payload: bytes, headers: dict[str, str], at: datetime
    ) -> Answer:
        parsed = parse_url(url, self.settings)
        failure: httpx.ConnectError | None = None
        for address in (await self._destinations.find(parsed))[:_MAX_ADDRESSES]:
            try:
                return await self._post(parsed, str(address), payload, headers, at)
            except httpx.ConnectError as error:
                failure = error
        assert failure is not None  # noqa: S101 - for mypy: there is an address at the least
        raise failure

    async def _post(
        self, url: httpx.URL, address: str, payload: bytes, headers: dict[str, str], at: datetime
    ) -> Answer:
        host = url.raw_host.decode("ascii")
        request = httpx.Request(
            "POST",
            url.copy_with(host=address),
            content=payload,
            headers={
                "Host": url.netloc.decode("ascii"),
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",
                "Connection": "close",
                "User-Agent": "tochka-webhooks",
                **headers,
            },
            extensions={"sni_hostname": host},
        )
        async with (
            StrangersTransport(verify=self._tls) as transport,
            aclosing(await transport.handle_async_request(request)) as response,
        ):
            return Answer(
                status_code=response.status_code,
                excerpt=await _read_excerpt(response),
                retry_after=read_retry_after(response.headers.get("Retry-After", ""), at=at),
            )


async def _read_excerpt(response: httpx.Response) -> str:
    """Return the beginning of the body, as far as it comes in good time, as text."""
    content = b""
    # Where it does not come, the status has come, and says what matters.
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_EXCERPT_SECONDS):
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) >= EXCERPT_BYTES:
                    break
    text = content[:EXCERPT_BYTES].decode(errors="replace")
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
