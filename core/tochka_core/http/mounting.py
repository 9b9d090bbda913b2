"""Putting modules' routes where they belong, and finding out beforehand whether that works."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Final

from litestar import HttpMethod, Litestar, Router, route
from litestar.handlers import BaseRouteHandler
from litestar.serialization import encode_json
from tochka_plugins import NotFound
from tochka_plugins.guards import PermissionGuard
from tochka_plugins.host import StagedModule

from tochka_core.http.asking import asked_services, give_services
from tochka_core.http.own_router import OwnRouter
from tochka_core.http.problems import NOTHING_HERE
from tochka_core.http.route_rules import (
    MODULE_KEY,
    PERMISSIONS_KEY,
    RouteRuleBroken,
    handlers_at,
    handlers_of,
    refuse_unsafe_routes,
)

API_PATH: Final = "/api/v1"
_METHODS: Final = [
    HttpMethod.GET,
    HttpMethod.POST,
    HttpMethod.PUT,
    HttpMethod.PATCH,
    HttpMethod.DELETE,
]

SETTINGS: Final = "settings"
"""The name by which a handler asks for the settings of its module."""

_OPERATIONS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class RouteNameTaken(Exception):
    """A handler has a name that the core or another module has given; names are global."""


def mount(module: StagedModule) -> Router:
    """Return a module's routes under its own path, marked for the gate, given what they ask for.

    Raises:
        RouteRuleBroken: one asks for a service in a way that cannot be understood.
    """
    router = OwnRouter(
        path=_path(module),
        # A handler of its own in each application: it is told where it is.
        route_handlers=[
            deepcopy(item) if isinstance(item, BaseRouteHandler) else item for item in module.routes
        ],
        opt={MODULE_KEY: module.name},
        tags=[module.name],
    )
    for route_ in router.routes:
        for handler in handlers_of(route_):
            give_services(handler)
    return router


def mount_absent(name: str) -> Router:
    """Return routes for all that the module *name* may have, where it could not be loaded.

    The gate answers for them, so that a tenant which has enabled the module is not told 404.
    """

    @route(["/", "/{rest:path}"], http_method=_METHODS, include_in_schema=False)
    async def absent() -> None:
        raise NotFound(NOTHING_HERE)

    return OwnRouter(path=f"{API_PATH}/{name}", route_handlers=[absent], opt={MODULE_KEY: name})


def let_gate_ask(app: Litestar) -> None:
    """Leave it to the gate to ask for the permissions that guards name.

    Litestar 2.25 copies the handler for each guard that it asks, which takes 9 microseconds; all
    that the gate does takes 16 beside the token.
    """
    for handler in handlers_at(app, API_PATH):
        guards = handler.resolve_guards()
        named = tuple(guard.permission for guard in guards if isinstance(guard, PermissionGuard))
        if named:
            handler.opt[PERMISSIONS_KEY] = named
            others = [guard for guard in guards if not isinstance(guard, PermissionGuard)]
            handler._resolved_guards = others  # noqa: SLF001 - kept, the guards would be asked too


class TrialMount:
    """Mounts each module in an application of its own, where a mistake stops nobody else."""

    def __init__(self, core: Litestar) -> None:
        """Try beside *core*, the application without modules: what it names is taken."""
        self._dependencies = core.dependencies
        self._owners = dict.fromkeys(_names(core, ""), "the core")
        self._permissions: dict[str, frozenset[str]] = {}
        self._offered: dict[type, str] = {}

    def __call__(self, module: StagedModule) -> None:
        """Try to mount *module*.

        Raises:
            RouteRuleBroken: a route would escape the gate, mix tenants up, hide another route,
                shut out everybody, be given other settings than it asks for, or ask for what no
                module offers that this one depends on.
            RouteNameTaken: the core, or a module that passed, has the same name or operation id.
            Exception: whatever Litestar finds wrong with the routes or their description.
        """
        own = frozenset(permission.name for permission in module.permissions)
        needed = (self._permissions.get(name, frozenset()) for name in module.requires)
        refuse_unsafe_routes(module.routes, permissions=own.union(*needed))
        app = Litestar(
            route_handlers=[mount(module)], dependencies=self._dependencies, logging_config=None
        )
        self._refuse_other_settings(module, app)
        self._refuse_unoffered_services(module, app)
        encode_json(app.openapi_schema.to_schema())
        names = set(_names(app, _path(module)))
        for kind, name in sorted(names & self._owners.keys()):
            owner = self._owners[kind, name]
            raise RouteNameTaken(f"tochka_routes: {owner} has the {kind} {name!r} too")
        self._permissions[module.name] = own
        self._offered.update(dict.fromkeys(module.services, module.name))
        self._owners.update(dict.fromkeys(names, f"the module {module.name!r}"))

    def _refuse_other_settings(self, module: StagedModule, app: Litestar) -> None:
        """Refuse a handler that the platform would give other settings than it asks for."""
        given = self._dependencies.get(SETTINGS)
        for handler in handlers_at(app, _path(module)):
            providers = handler.resolve_dependencies()
            if given is None or providers.get(SETTINGS) is not given:
                continue  # the module gives something of its own by that name
            signatures = [handler.parsed_fn_signature]
            signatures += [provider.parsed_fn_signature for provider in providers.values()]
            for wanted in (signature.parameters.get(SETTINGS) for signature in signatures):
                if wanted is None or (module.settings and wanted.is_subclass_of(module.settings)):
                    continue
                declared = module.settings and module.settings.__name__
                raise RouteRuleBroken(
                    f"tochka_routes: {handler.handler_name} asks for settings of another type than"
                    f" tochka_settings gives, which is {declared or 'nothing'}"
                )

    def _refuse_unoffered_services(self, module: StagedModule, app: Litestar) -> None:
        """Refuse a handler that asks for what nobody offers whom the module knows to be there."""
        for handler in handlers_at(app, _path(module)):
            for asked in asked_services(handler):
                owner = self._offered.get(asked.kind)
                if owner in module.requires | module.wishes:
                    continue
                told = f"tochka_routes: {handler.handler_name} asks for {asked.kind.__name__}"
                if owner is not None:
                    raise RouteRuleBroken(
                        f"{told}, which {owner!r} offers: the module does not depend on it"
                    )
                if not asked.is_optional:
                    raise RouteRuleBroken(f"{told}, which no module offers that this one needs")


def _path(module: StagedModule) -> str:
    return f"{API_PATH}/{module.name}"


def _names(app: Litestar, path: str) -> Iterator[tuple[str, str]]:
    """Yield each handler name and operation id at *path* and below, with the kind it is of.

    An operation id that the author has not given is made from the path, and may still be another's.
    """
    for handler in handlers_at(app, path):
        if handler.name:
            yield "handler name", handler.name
    for place, item in (app.openapi_schema.paths or {}).items():
        if f"{place}/".startswith(f"{path}/"):
            for method in _OPERATIONS:
                if operation := getattr(item, method):
                    yield "operation id", operation.operation_id
