"""The short way from a request through its handler to the answer, for nearly all handlers.

Litestar 2.25 asks a handler anew with each request what holds for it, and makes an object of each
answer, which is asked in turn. Here a handler is asked once; what is left is to read what it asks
for, to call it, and to send what it returns as JSON. Whatever wants more, such as a middleware of
its own, hooks, headers or a form, goes Litestar's way.

What is Litestar's own here is private to it; the tests hold the two ways against each other.
"""

from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response
from litestar._asgi.utils import wrap_in_exception_handler
from litestar._kwargs import KwargsModel
from litestar._kwargs.cleanup import DependencyCleanupGroup
from litestar.datastructures import FormMultiDict
from litestar.exceptions import ClientException, SerializationException
from litestar.handlers import HTTPRouteHandler
from litestar.middleware._internal.exceptions import ExceptionHandlerMiddleware
from litestar.response.base import ASGIResponse
from litestar.routes import HTTPRoute
from litestar.serialization import get_serializer
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_304_NOT_MODIFIED
from litestar.types import ASGIApp, Empty, Receive, Scope, Send
from litestar.utils.predicates import is_async_callable

from tochka_core.http.access import READING
from tochka_core.http.body import refuse_nul
from tochka_core.http.resolving import Dependencies, Values

_WITHOUT_BODY: Final = frozenset({HTTP_204_NO_CONTENT, HTTP_304_NOT_MODIFIED})
_NO_JSON: Final = (Response, ASGIResponse, str, bytes, type(Empty))
"""What Litestar does not send as JSON, also where something else was promised."""

_CONTENT_TYPE: Final = (b"content-type", MediaType.JSON.value.encode())


def short_way(app: ASGIApp) -> ASGIApp:
    """Return what does the same as *app*, Litestar's way of one route.

    To be used as the innermost middleware.
    """
    route = _route_of(app)
    if route is None:
        return app
    ways: dict[str, ASGIApp] = {}

    async def go(scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]  # type: ignore[typeddict-item]  # it is HTTP
        if method not in ways:
            # Only now is all of it settled: guards are given to the gate when the application is
            # built.
            ways[method] = _find_way(route, method) or app
        await ways[method](scope, receive, send)

    return go


def _route_of(app: ASGIApp) -> HTTPRoute | None:
    """Return the route whose requests *app* handles, if nothing stands between them."""
    if not isinstance(app, ExceptionHandlerMiddleware):
        return None
    route = getattr(app.app, "__self__", None)
    return route if isinstance(route, HTTPRoute) else None


def _find_way(route: HTTPRoute, method: Any) -> ASGIApp | None:  # noqa: ANN401 - Litestar's literal
    handler, model = route.route_handler_map[method]
    if not _is_plain(handler, model):
        return None
    way = _ShortWay(handler, model)
    # What a change has done is to be known before its error is told, too, by those further out.
    return way if method in READING else wrap_in_exception_handler(way)


def _is_plain(handler: HTTPRouteHandler, model: KwargsModel) -> bool:
    """Tell whether nothing is to be done but to find, to call, and to send as JSON."""
    returned = handler.parsed_fn_signature.return_type
    return handler.resolve_before_request() is refuse_nul and not (
        handler.cache
        or handler.resolve_guards()
        or handler.resolve_after_response()
        or any(layer.after_request for layer in handler.ownership_layers)
        or model.expected_form_data
        or model.expected_msgpack_data
        or handler.resolve_return_dto()
        or handler.resolve_response_class() is not Response
        or handler.resolve_response_headers()
        or handler.resolve_response_cookies()
        or handler.background
        or handler.status_code in _WITHOUT_BODY
        or handler.media_type != MediaType.JSON
        or returned.is_subclass_of(Response)
        or returned.annotation is ASGIApp
        or is_async_callable(returned.annotation)
    )


class _ShortWay:
    """An application that answers the requests of one handler."""

    def __init__(self, handler: HTTPRouteHandler, model: KwargsModel) -> None:
        self._handler = handler
        self._call = handler.fn
        self._is_sync = handler.has_sync_callable
        self._request_class = handler.resolve_request_class()
        self._read_request = model.to_kwargs
        self._dependencies = Dependencies(model)
        self._parse = self._dependencies.parser_of(handler.signature_model)
        serializer = get_serializer(handler.resolve_type_encoders())
        self._encode = msgspec.json.Encoder(enc_hook=serializer).encode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = self._request_class(scope=scope, receive=receive, send=send)
        try:
            await refuse_nul(request)
            answer = await self._answer(request)
            if not isinstance(answer, bytes):
                await answer(scope, receive, send)
                return
            length = (b"content-length", b"%d" % len(answer))
            await send(
                {
                    "type": "http.response.start",
                    "status": self._handler.status_code,
                    "headers": [_CONTENT_TYPE, length],
                }
            )
            await send({"type": "http.response.body", "body": answer, "more_body": False})
        finally:
            form = request._connection_state.form  # noqa: SLF001 - kept there for others, too
            if form is not Empty:
                await FormMultiDict.from_form_data(form).close()

    async def _answer(self, request: Request[Any, Any, Any]) -> bytes | ASGIApp:
        """Return what is sent as JSON, or what sends itself."""
        values = await self._read(request)
        group = DependencyCleanupGroup()
        if not self._dependencies.open:
            return await self._run(request, values, group)
        async with group:  # closed, and so committed, before anything is sent
            return await self._run(request, values, group)

    async def _read(self, request: Request[Any, Any, Any]) -> Values:
        """Return what the request says of what is asked for."""
        try:
            values = await self._read_request(request)
        except SerializationException as error:
            raise ClientException(str(error)) from error
        if values.get("data") is Empty:
            del values["data"]
        return values

    async def _run(
        self, request: Request[Any, Any, Any], values: Values, group: DependencyCleanupGroup
    ) -> bytes | ASGIApp:
        await self._dependencies.find(request, values, group)
        asked = self._parse(request, values)
        returned = self._call(**asked) if self._is_sync else await self._call(**asked)
        if isinstance(returned, _NO_JSON):
            return await self._handler.to_response(request.app, returned, request)
        try:
            return self._encode(returned)
        except Exception:  # noqa: BLE001 - it is awaited, or told in Litestar's own words
            return await self._handler.to_response(request.app, returned, request)
