"""The routes of a module, as its handlers declare them."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types.internal_types import PathParameterDefinition
from tochka_plugins.routing import ANONYMOUS_KEY

from tochka_core.http.mounting import API_PATH
from tochka_core.http.route_rules import PERMISSIONS_KEY

_CHANGES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ModuleRoute(msgspec.Struct, frozen=True):
    """A method of a path."""

    method: str
    path: str
    """As the OpenAPI document writes it, with the names of parameters."""
    sample: str
    """The same with values that name nothing."""
    permissions: tuple[str, ...]
    """What a caller has to hold; where it is empty, nothing."""
    is_anonymous: bool
    summary: str | None
    """What its author calls it."""

    def __str__(self) -> str:
        """Return how people call it."""
        return f"{self.method} {self.path}"

    @property
    def is_change(self) -> bool:
        """A request of it may change something."""
        return self.method in _CHANGES


def routes_of(app: Litestar, module: str) -> Sequence[ModuleRoute]:
    """Return the routes that *app* mounts for *module*, in the order of paths and methods."""
    return sorted(_routes(app, f"{API_PATH}/{module}"), key=lambda item: (item.path, item.method))


def _routes(app: Litestar, place: str) -> Iterator[ModuleRoute]:
    for route in app.routes:
        if not (isinstance(route, HTTPRoute) and f"{route.path}/".startswith(f"{place}/")):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            if method != "OPTIONS":
                yield _describe(route, str(method), handler)


def _describe(route: HTTPRoute, method: str, handler: HTTPRouteHandler) -> ModuleRoute:
    return ModuleRoute(
        method=method,
        path=route.path_format,
        sample="/".join(["", *map(_sample, route.path_components)]),
        permissions=tuple(handler.opt.get(PERMISSIONS_KEY, ())),
        is_anonymous=bool(handler.opt.get(ANONYMOUS_KEY)),
        summary=handler.summary,
    )


def _sample(component: str | PathParameterDefinition) -> str:
    if isinstance(component, str):
        return component
    return str(_SAMPLES.get(component.type, lambda: "nothing")())


_SAMPLES: Final[dict[Any, Any]] = {
    UUID: uuid4,
    int: lambda: 1,
    float: lambda: 1.5,
}
"""What fits the type of a path parameter; a text does for the others."""
