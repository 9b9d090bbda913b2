"""An answer for what no handler of exceptions gets to see."""

import asyncio
from typing import Final

import structlog
from litestar.enums import ScopeType
from litestar.serialization import encode_json
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tochka_core.http.request_id import current_request_id

_log = structlog.get_logger(__name__)

SERVER_ERROR_TITLE: Final = "Internal server error"
SERVER_ERROR_DETAIL: Final = "Something went wrong here; it has been logged."

_HEADERS: Final = [(b"content-type", b"application/problem+json")]


class LastResort:
    """Wraps an application; a request of which it says nothing is answered with a problem.

    The framework handles what derives from `Exception`. A handler's `sys.exit` does not, and a
    header that HTTP does not allow is found only when the answer is sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap *app*."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        has_answered = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_answered
            await send(message)
            has_answered = True

        try:
            await self._app(scope, receive, send_and_note)
        except BaseException as error:
            if has_answered or _is_ours(error):
                raise
            _log.error("unexpected error", exc_info=error)
            await _send_problem(send)


def _is_ours(error: BaseException) -> bool:
    """Tell whether it is the server that ends the request."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and bool(task and task.cancelling())


async def _send_problem(send: Send) -> None:
    body = encode_json(
        {
            "type": "about:blank",
            "title": SERVER_ERROR_TITLE,
            "status": HTTP_500_INTERNAL_SERVER_ERROR,
            "detail": SERVER_ERROR_DETAIL,
            "request_id": current_request_id(),
        }
    )
    await send(
        {
            "type": "http.response.start",
            "status": HTTP_500_INTERNAL_SERVER_ERROR,
            "headers": _HEADERS,
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
