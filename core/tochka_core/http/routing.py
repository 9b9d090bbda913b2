"""Finding the route of a request."""

from functools import lru_cache
from typing import Any, Final

from litestar import Litestar
from litestar._asgi.utils import is_valid_host
from litestar.exceptions import ClientException
from litestar.types import (
    ASGIApp,
    ExceptionHandlersMap,
    Method,
    Receive,
    RouteHandlerType,
    Scope,
    Send,
)
from litestar.utils import normalize_path
from litestar.utils.scope.state import ScopeState

_MAX_PATHS: Final = 1_024
"""That are kept with the route that was found."""


class Routing:
    """Goes on to the route of a request as Litestar's own router does.

    Litestar 2.25 finds out with each request who answers for the errors of its handler.
    """

    def __init__(self, app: Litestar) -> None:
        """Find the routes of *app*, which has all of them."""
        self._find = app.asgi_router._handle_routing  # noqa: SLF001 - without what is kept there
        self._locate = lru_cache(_MAX_PATHS)(self._look_for)
        self._error_handlers = app.exception_handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        state = ScopeState.from_scope(scope)
        state.exception_handlers = self._error_handlers
        scope["path_params"] = {}
        _refuse_bad_host(scope)
        path = scope["path"]
        if root_path := scope.get("root_path"):
            path = path.split(root_path, maxsplit=1)[-1]
        app, handler, place, parameters, template, error_handlers = self._locate(
            path, scope.get("method")
        )
        state.exception_handlers = error_handlers
        scope["route_handler"] = handler
        scope["path"], scope["path_params"], scope["path_template"] = place, parameters, template
        await app(scope, receive, send)

    def _look_for(
        self, path: str, method: Method | None
    ) -> tuple[ASGIApp, RouteHandlerType, str, dict[str, Any], str, ExceptionHandlersMap]:
        """Return where a path leads to: what serves it and what is to be noted of it."""
        found = self._find(path=normalize_path(path), method=method)
        return *found, found[1].resolve_exception_handlers()


def _refuse_bad_host(scope: Scope) -> None:
    for name, value in scope["headers"]:
        if name == b"host":
            if not is_valid_host(value):
                raise ClientException("Invalid host header")
            return
