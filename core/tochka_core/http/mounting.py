"""Putting modules' routes where they belong, and finding out beforehand whether that works."""

from collections.abc import Mapping
from typing import Final

from litestar import HttpMethod, Litestar, Router, route
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from tochka_plugins import NotFound
from tochka_plugins.host import StagedModule

from tochka_core.http.problems import NOTHING_HERE
from tochka_core.http.route_rules import (
    MODULE_KEY,
    handlers_at,
    refuse_collisions,
    refuse_unsafe_handlers,
)

API_PATH: Final = "/api/v1"
_METHODS: Final = [
    HttpMethod.GET,
    HttpMethod.POST,
    HttpMethod.PUT,
    HttpMethod.PATCH,
    HttpMethod.DELETE,
]


class RouteNameTaken(Exception):
    """A handler has a name that another module's handler has; names are global to Litestar."""


def mount(module: StagedModule) -> Router:
    """Return a module's routes under its own path, marked for the gate."""
    return Router(
        path=_path(module),
        route_handlers=list(module.routes),
        opt={MODULE_KEY: module.name},
        tags=[module.name],
    )


def mount_absent(name: str) -> Router:
    """Return routes for all that the module *name* may have, where it could not be loaded.

    The gate answers for them, so that a tenant which has enabled the module is not told 404.
    """

    @route(["/", "/{rest:path}"], http_method=_METHODS, include_in_schema=False)
    async def absent() -> None:
        raise NotFound(NOTHING_HERE)

    return Router(path=f"{API_PATH}/{name}", route_handlers=[absent], opt={MODULE_KEY: name})


class TrialMount:
    """Mounts each module in an application of its own, where a mistake stops nobody else."""

    def __init__(self, dependencies: Mapping[str, Provide]) -> None:
        """Offer *dependencies* to the handlers, as the real application will."""
        self._dependencies = dependencies
        self._owner_of_name: dict[str, str] = {}

    def __call__(self, module: StagedModule) -> None:
        """Try to mount *module*.

        Raises:
            RouteRuleBroken: a route would escape the gate, mix tenants up, or hide another route.
            RouteNameTaken: a module that passed has a handler of the same name or operation id.
            Exception: whatever Litestar finds wrong with the routes or their description.
        """
        refuse_collisions(module.routes)
        app = Litestar(
            route_handlers=[mount(module)], dependencies=self._dependencies, logging_config=None
        )
        app.openapi_schema.to_schema()
        refuse_unsafe_handlers(app, module.name, _path(module))
        names = _names(app, _path(module))
        for name in sorted(names & self._owner_of_name.keys()):
            owner = self._owner_of_name[name]
            raise RouteNameTaken(f"tochka_routes: {owner!r} has a handler named {name!r} too")
        self._owner_of_name.update(dict.fromkeys(names, module.name))


def _path(module: StagedModule) -> str:
    return f"{API_PATH}/{module.name}"


def _names(app: Litestar, path: str) -> set[str]:
    """Return the names and operation ids that the author gave to handlers."""
    names: set[str] = set()
    for handler in handlers_at(app, path):
        if handler.name:
            names.add(handler.name)
        if isinstance(handler, HTTPRouteHandler) and isinstance(handler.operation_id, str):
            names.add(handler.operation_id)
    return names
