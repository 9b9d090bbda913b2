"""Rules for a module's routes, which the framework would let it break without a word."""

from collections.abc import Iterable, Iterator
from typing import Final

from litestar import Litestar, Router
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

MODULE_KEY: Final = "tochka_module"
"""The key in a route's `opt` that says which module it belongs to; the platform sets it."""


class RouteRuleBroken(Exception):
    """A route would escape the gate, mix tenants up, or hide another route."""


def refuse_collisions(contributions: Iterable[ControllerRouterHandler]) -> None:
    """Mount each contribution alone: together, the later handler of a path silently wins.

    Raises:
        RouteRuleBroken: two handlers claim one path and method.
    """
    taken: set[tuple[str, str]] = set()
    for contribution in contributions:
        for route in Router(path="/", route_handlers=[contribution]).routes:
            if not isinstance(route, HTTPRoute):
                continue
            for method in set(route.methods) - {"OPTIONS"}:
                if (route.path, method) in taken:
                    message = f"tochka_routes: {method} {route.path} is handled more than once"
                    raise RouteRuleBroken(message)
                taken.add((route.path, method))


def refuse_unsafe_handlers(app: Litestar, module: str, path: str) -> None:
    """Look at every handler that *module* has mounted at *path* in *app*.

    Raises:
        RouteRuleBroken: one sets the module it belongs to itself, or caches responses under keys
            of its own, which may lack the tenant.
    """
    for handler in handlers_at(app, path):
        if handler.opt.get(MODULE_KEY) != module:
            raise RouteRuleBroken(f"tochka_routes: {handler.handler_name} sets {MODULE_KEY!r}")
        if getattr(handler, "cache_key_builder", None) is not None:
            raise RouteRuleBroken(
                f"tochka_routes: {handler.handler_name} builds cache keys of its own; the"
                " platform's keep tenants apart"
            )


def handlers_at(app: Litestar, path: str) -> Iterator[BaseRouteHandler]:
    """Yield the handlers of all kinds that *app* has at *path* and below."""
    for route in app.routes:
        if f"{route.path}/".startswith(f"{path}/"):
            if isinstance(route, HTTPRoute):
                yield from route.route_handlers
            else:
                yield route.route_handler
