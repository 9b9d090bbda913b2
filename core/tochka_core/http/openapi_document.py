"""The OpenAPI document with what only the platform knows of its routes.

The framework describes what handlers take and return. Who may call, which tenant is chosen how, and
which errors come back is decided around the handlers, and told here: for all routes, by the same
facts that decide.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from tochka_plugins.problems import PROBLEM_JSON

from tochka_core.http.openapi_components import (
    COMPONENTS,
    PROBLEM_SCHEMA,
    RESPONSES,
    SECURITY_SCHEME,
    TENANT_PARAMETERS,
    problem_response,
)
from tochka_core.http.possible_errors import Described

_FIRST_ERROR: Final = 400
_NO_CONTENT: Final = "204"

Json = dict[str, Any]


def openapi_document(app: Litestar, described: Mapping[str, Any] | None = None) -> Json:
    """Return what *app* serves; *described* is what the framework says of it, if that is at hand.

    Paths and statuses are in order, so that all workers say the same.
    """
    told = app.openapi_schema.to_schema() if described is None else described
    paths: dict[str, Json] = {path: dict(item) for path, item in sorted(told["paths"].items())}
    for path, method, handler in _operations(app):
        if operation := paths.get(path, {}).get(method.lower()):
            route = Described.of(handler, method, path)
            paths[path][method.lower()] = _completed(operation, route, handler)
    return {**told, "paths": paths, "components": _components(told.get("components", {}))}


def _operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Yield each path, method and handler."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                yield route.path_format or "/", str(method), handler


def _completed(operation: Json, route: Described, handler: HTTPRouteHandler) -> Json:
    whole = {**operation, "responses": _responses(operation["responses"], route, handler)}
    if route.chooses_tenant:
        whole["parameters"] = [*operation.get("parameters", ()), *TENANT_PARAMETERS]
    if not route.is_anonymous:
        whole["security"] = [{SECURITY_SCHEME: list(route.permissions)}]
    return whole


def _responses(told: Mapping[str, Json], route: Described, handler: HTTPRouteHandler) -> Json:
    """Return all that the route can answer.

    Of the framework's own errors only the statuses count: nobody gets to see their format.
    """
    found = {int(status): response for status, response in told.items()}
    declared = handler.responses or {}
    for status in {*found, *route.errors()}:
        if status < _FIRST_ERROR:
            continue
        spec = declared.get(status)
        if spec is None or spec.media_type == PROBLEM_JSON:
            title = spec.description if spec else None
            found[status] = RESPONSES.get(status) or problem_response(title or "Request refused")
    return {
        str(status): _without_content(response) if str(status) == _NO_CONTENT else response
        for status, response in sorted(found.items())
    }


def _without_content(response: Json) -> Json:
    """Return what has no body without a description of one."""
    return {key: value for key, value in response.items() if key != "content"}


def _components(told: Mapping[str, Any]) -> Json:
    schemas = {**told.get("schemas", {}), **PROBLEM_SCHEMA}
    return {**told, **COMPONENTS, "schemas": schemas}
