"""Handing one message to the gateway, which may be slow, busy or away."""

from typing import Self
from uuid import uuid4

import httpx
import stamina

from tochka_sms_gateway.settings import GatewaySettings

TRY_SECONDS = 3.0
"""How long one try may take; a gateway that is well answers in a fraction of it."""

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Gateway:
    """The service that delivers; its connections are kept for the next message."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Speak to it as *settings* say."""
        self._settings = settings
        headers = {"Authorization": f"Bearer {settings.token}"} if settings.token else {}
        seconds = min(TRY_SECONDS, settings.seconds)
        self._client = httpx.AsyncClient(headers=headers, timeout=seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._client.aclose()

    async def send(self, *, to: str, text: str, sender: str | None) -> bool:
        """Return whether the gateway has taken the message, after as many tries as there is time.

        Each try has the same key, so that a gateway that has taken one without our hearing of it
        delivers no second.
        """
        body = {"to": to, "text": text}
        if sender or self._settings.sender:
            body["sender"] = sender or self._settings.sender or ""
        key = {"Idempotency-Key": str(uuid4())}
        try:
            async for attempt in stamina.retry_context(
                on=_is_passing, attempts=None, timeout=self._settings.seconds, wait_max=2.0
            ):
                with attempt:
                    answer = await self._client.post(self._settings.url, json=body, headers=key)
                    answer.raise_for_status()
        except httpx.HTTPError:
            return False
        return True


def _is_passing(error: Exception) -> bool:
    """Whether the next try may do better."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in _AGAIN
    return isinstance(error, httpx.TransportError)
