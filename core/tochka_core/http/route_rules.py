"""Rules for a module's routes, which the framework would let it break without a word."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from litestar import Litestar, Router
from litestar.handlers import ASGIRouteHandler, BaseRouteHandler, HTTPRouteHandler
from litestar.routes import ASGIRoute, BaseRoute, HTTPRoute, WebSocketRoute
from litestar.types import ControllerRouterHandler, Guard
from litestar.types.internal_types import PathParameterDefinition
from tochka_plugins.guards import PermissionGuard, StepUpGuard
from tochka_plugins.routing import ANONYMOUS_KEY, ANY_MEMBER_KEY

MODULE_KEY: Final = "tochka_module"
"""The key in a route's `opt` that says which module it belongs to; the platform sets it."""

PERMISSIONS_KEY: Final = "tochka_permissions"
"""The key in a route's `opt` with the permissions that its guards name; the platform sets it."""

CALLER_KEY: Final = "tochka_caller"
"""The key in the `opt` of a core's route which is open to anyone, and is told who asks all the same
where they say so: people, and API keys, whatever they hold."""

_PLATFORM_PREFIX: Final = "tochka_"
"""Keys in a route's `opt` that begin so have a meaning to the platform."""

_FOR_MODULES: Final = {ANONYMOUS_KEY: "ANONYMOUS", ANY_MEMBER_KEY: "ANY_MEMBER"}
"""Those of them that are for modules to set, with the word that does so."""

_FRAMEWORKS_OPT_OUT: Final = "exclude_from_auth"
"""What opens a route to Litestar's own authentication, and has no meaning to the platform."""

_SHARED: Final = frozenset({"public", "s-maxage"})
"""What lets a cache between us and the client keep an answer to a signed-in request (RFC 9111)."""


class RouteRuleBroken(Exception):
    """A route would escape the gate, mix tenants up, or hide another route."""


def refuse_unsafe_routes(
    contributions: Iterable[ControllerRouterHandler], *, permissions: AbstractSet[str]
) -> None:
    """Look at each contribution alone: together, the later handler of a path silently wins.

    *permissions* are those that the routes may require.

    Raises:
        RouteRuleBroken: two handlers claim one path and method; one leaves its place by its path,
            has a signature that cannot be read, sets what is the platform's to set, opens itself by
            other words than `ANONYMOUS` and `ANY_MEMBER`, does not say who may call it, or says two
            things of it, requires a permission that is none, or anything of people who are not
            signed in, mounts an application, or has responses cached where the tenant is not in the
            key.
    """
    taken: set[tuple[str, str]] = set()
    for contribution in contributions:
        for route in Router(path="/", route_handlers=[contribution]).routes:
            _refuse_leaving(route)
            for handler in handlers_of(route):
                _refuse_unreadable_signature(handler)
                _refuse_platform_keys(handler)
                _refuse_other_opt_outs(handler)
                _refuse_vain_guards(handler, permissions)
                _refuse_unsaid_callers(handler)
                _refuse_mount(handler)
                _refuse_cache_keys(handler)
                _refuse_shared_caches(handler)
            place = _place(route)
            for method in _methods(route):
                if (place, method) in taken:
                    message = f"tochka_routes: {method} {route.path} is handled more than once"
                    raise RouteRuleBroken(message)
                taken.add((place, method))


def handlers_at(app: Litestar, path: str) -> Iterator[BaseRouteHandler]:
    """Yield the handlers of all kinds that *app* has at *path* and below."""
    for route in app.routes:
        if f"{route.path}/".startswith(f"{path}/"):
            yield from handlers_of(route)


def handlers_of(route: BaseRoute) -> Iterator[BaseRouteHandler]:
    """Yield the handlers of a route of any kind."""
    if isinstance(route, HTTPRoute):
        yield from route.route_handlers
    elif isinstance(route, ASGIRoute | WebSocketRoute):
        yield route.route_handler


def _methods(route: BaseRoute) -> AbstractSet[str]:
    """Return what a request of this route may begin with; every HTTP route gets OPTIONS."""
    if isinstance(route, HTTPRoute):
        return set(route.methods) - {"OPTIONS"}
    return {"WEBSOCKET" if isinstance(route, WebSocketRoute) else "ASGI"}


def _place(route: BaseRoute) -> str:
    """Return the path without names and types of parameters, which routing does not look at."""
    return "/".join(
        "{}" if isinstance(component, PathParameterDefinition) else component
        for component in route.path_components
    )


def _refuse_leaving(route: BaseRoute) -> None:
    if {".", ".."} & {*route.path.split("/")}:
        raise RouteRuleBroken(
            f"tochka_routes: {route.path} leads out of the module's own path once it is normalised"
        )


def _refuse_unreadable_signature(handler: BaseRouteHandler) -> None:
    """Name the handler, which the framework's own message does not."""
    try:
        _ = handler.parsed_fn_signature
    except Exception as error:
        told = getattr(error, "detail", error)
        raise RouteRuleBroken(f"tochka_routes: {handler}: {told}") from error


def _refuse_platform_keys(handler: BaseRouteHandler) -> None:
    for layer in handler.ownership_layers:
        for key in layer.opt or {}:
            if key.startswith(_PLATFORM_PREFIX) and key not in _FOR_MODULES:
                raise RouteRuleBroken(f"tochka_routes: {handler.handler_name} sets {key!r}")


def _refuse_other_opt_outs(handler: BaseRouteHandler) -> None:
    """Refuse what reads as if it opened a route, or opens it by accident: `"no"` is true."""
    for layer in handler.ownership_layers:
        opt = layer.opt or {}
        mistaken = next((key for key in _FOR_MODULES if opt.get(key, True) is not True), None)
        if _FRAMEWORKS_OPT_OUT in opt or mistaken:
            word = _FOR_MODULES[mistaken or ANONYMOUS_KEY]
            raise RouteRuleBroken(
                f"tochka_routes: {handler.handler_name} is opened by opt={word}, or not at all"
            )


def _refuse_vain_guards(handler: BaseRouteHandler, permissions: AbstractSet[str]) -> None:
    """Refuse what would shut out everybody."""
    is_open = _says(handler, ANONYMOUS_KEY)
    for guard in _guards(handler):
        if isinstance(guard, PermissionGuard):
            told = f"tochka_routes: {handler.handler_name} requires {guard.permission!r}"
            if guard.permission not in permissions:
                raise RouteRuleBroken(
                    f"{told}, which neither the module nor one that it needs declares"
                )
        elif isinstance(guard, StepUpGuard):
            told = f"tochka_routes: {handler.handler_name} requires a step-up"
        else:
            continue
        if is_open:
            raise RouteRuleBroken(f"{told} of people who need not be signed in")


def _refuse_unsaid_callers(handler: BaseRouteHandler) -> None:
    """Refuse what does not say who may call it: somebody may just have forgotten to."""
    if handler.fn.__module__ == HTTPRoute.__module__:
        return  # the framework's answer to OPTIONS, which tells no more than the methods
    said = [f"opt={word}" for key, word in _FOR_MODULES.items() if _says(handler, key)]
    said += [
        f"requires({guard.permission!r})"
        for guard in _guards(handler)
        if isinstance(guard, PermissionGuard)
    ][:1]
    told = f"tochka_routes: {handler}"
    if not said:
        raise RouteRuleBroken(
            f"{told} does not say who may call it: give it guards=[requires('…')] with a permission"
            " that the module declares, opt=ANY_MEMBER for every member, whatever they hold, or"
            " opt=ANONYMOUS for people who are not signed in"
        )
    if len(said) > 1:
        raise RouteRuleBroken(f"{told} says {' and '.join(said)}, which exclude each other")


def _says(handler: BaseRouteHandler, key: str) -> bool:
    return any((layer.opt or {}).get(key) for layer in handler.ownership_layers)


def _guards(handler: BaseRouteHandler) -> Iterator[Guard]:
    """Yield the guards of all layers, which are all asked."""
    for layer in handler.ownership_layers:
        yield from layer.guards or ()


def _refuse_mount(handler: BaseRouteHandler) -> None:
    # Litestar 2.25 compares a mount's path as a mere beginning: /notes takes /notes2/… as well.
    if isinstance(handler, ASGIRouteHandler) and handler.is_mount:
        raise RouteRuleBroken(
            f"tochka_routes: {handler.handler_name} mounts an application, which would take"
            " paths of others; give a handler for each path"
        )


def _refuse_cache_keys(handler: BaseRouteHandler) -> None:
    if getattr(handler, "cache_key_builder", None) is not None:
        raise RouteRuleBroken(
            f"tochka_routes: {handler.handler_name} builds cache keys of its own; the"
            " platform's keep tenants apart"
        )


def _refuse_shared_caches(handler: BaseRouteHandler) -> None:
    headers = handler.resolve_response_headers() if isinstance(handler, HTTPRouteHandler) else ()
    for header in headers:
        if header.name.lower() != "cache-control":
            continue
        directives = {
            part.partition("=")[0].strip() for part in str(header.value).lower().split(",")
        }
        if shared := sorted(directives & _SHARED):
            raise RouteRuleBroken(
                f"tochka_routes: {handler.handler_name} says {', '.join(shared)} in Cache-Control;"
                " a shared cache does not know tenants"
            )
