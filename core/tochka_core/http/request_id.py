"""A name for each request, in every log line and in the answer."""

import re
from typing import Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid4

from tochka_core.request_facts import forget_facts, request_facts, tell_facts

HEADER: Final = b"x-request-id"
_ACCEPTABLE: Final = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class RequestId:
    """Takes `X-Request-Id` from the request, or makes one, and gives it back in the response.

    It wraps the whole application, so that answers to unknown paths carry it too.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap *app*."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request_id = _given(scope) or uuid4().hex
        header = (HEADER, request_id.encode())
        told = tell_facts(request_id=request_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            forget_facts(told)


def _given(scope: Scope) -> str | None:
    """Return the name that the client gives to the request, if it can be taken over."""
    for name, value in scope["headers"]:
        if name == HEADER:
            return value.decode() if _ACCEPTABLE.fullmatch(value) else None
    return None


def current_request_id() -> str | None:
    """Return the name of the running request, `None` outside of one."""
    return request_facts().get("request_id")
