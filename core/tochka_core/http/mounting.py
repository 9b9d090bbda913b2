"""Putting modules' routes where they belong, and finding out beforehand whether that works."""

from collections.abc import Mapping
from typing import Final

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from tochka_plugins.host import StagedModule

from tochka_core.http.access import MODULE_KEY

API_PATH: Final = "/api/v1"


class RouteNameTaken(Exception):
    """A handler has a name that another module's handler has; names are global to Litestar."""


def mount(module: StagedModule) -> Router:
    """Return a module's routes under its own path, marked for the gate."""
    return Router(
        path=f"{API_PATH}/{module.name}",
        route_handlers=list(module.routes),
        opt={MODULE_KEY: module.name},
        tags=[module.name],
    )


class RouteCollision(Exception):
    """Two handlers of a module claim one path and method."""


class UnsafeRoute(Exception):
    """A route could show one tenant what belongs to another."""


class TrialMount:
    """Mounts each module in an application of its own, where a mistake stops nobody else."""

    def __init__(self, dependencies: Mapping[str, Provide]) -> None:
        """Offer *dependencies* to the handlers, as the real application will."""
        self._dependencies = dependencies
        self._owner_of_name: dict[str, str] = {}

    def __call__(self, module: StagedModule) -> None:
        """Try to mount *module*.

        Raises:
            UnsafeRoute: a handler caches responses under keys of its own.
            RouteCollision: two handlers claim one path and method.
            RouteNameTaken: a module that passed has a handler of the same name or operation id.
            Exception: whatever Litestar finds wrong with the routes or their description.
        """
        router = mount(module)
        _refuse_collisions(module)
        app = Litestar(
            route_handlers=[router], dependencies=self._dependencies, logging_config=None
        )
        app.openapi_schema.to_schema()
        for handler in _handlers(router):
            if handler.cache_key_builder is not None:
                raise UnsafeRoute(
                    f"tochka_routes: the handler {handler.handler_name} builds cache keys of its"
                    " own; the platform's keep tenants apart"
                )
        names = _names(router)
        for name in sorted(names & self._owner_of_name.keys()):
            owner = self._owner_of_name[name]
            raise RouteNameTaken(f"tochka_routes: {owner!r} has a handler named {name!r} too")
        self._owner_of_name.update(dict.fromkeys(names, module.name))


def _refuse_collisions(module: StagedModule) -> None:
    """Mount each contribution alone: together, the later handler of a path silently wins."""
    taken: set[tuple[str, str]] = set()
    for contribution in module.routes:
        alone = Router(path="/", route_handlers=[contribution])
        for route in alone.routes:
            if not isinstance(route, HTTPRoute):
                continue
            for method in set(route.methods) - {"OPTIONS"}:
                if (route.path, method) in taken:
                    raise RouteCollision(
                        f"tochka_routes: {method} {route.path} is handled more than once"
                    )
                taken.add((route.path, method))


def _names(router: Router) -> set[str]:
    """Return the names and operation ids that the author gave to handlers."""
    handlers = _handlers(router)
    named = {handler.name for handler in handlers if handler.name}
    return named | {
        handler.operation_id for handler in handlers if isinstance(handler.operation_id, str)
    }


def _handlers(router: Router) -> list[HTTPRouteHandler]:
    return [
        handler
        for route in router.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
    ]
