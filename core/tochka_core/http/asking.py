"""Handlers that ask for what another module offers, by the type of a parameter."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.utils.helpers import unwrap_partial
from litestar.utils.signature import get_fn_type_hints
from tochka_plugins import Session, find_service, require_service
from tochka_plugins.services import MARK_OF_SERVICES

from tochka_core.http.route_rules import RouteRuleBroken


class Asked(msgspec.Struct, frozen=True):
    """A service that a handler, or what it depends on, asks for."""

    parameter: str
    kind: type
    is_optional: bool

    def provider(self) -> Provide:
        """Return what gives it to the handler."""
        ask = find_service if self.is_optional else require_service

        async def provide(session: Session) -> object:
            return ask(session, self.kind)

        return Provide(provide)


def give_services(handler: BaseRouteHandler) -> None:
    """Let *handler* be given what it asks for by `FromModule`.

    Raises:
        RouteRuleBroken: it asks for what is no service, or for two by one name.
    """
    asked = list(asked_services(handler))
    if asked:
        own = {item.parameter: item.provider() for item in asked}
        handler.dependencies = {**(handler.dependencies or {}), **own}


def asked_services(handler: BaseRouteHandler) -> Iterator[Asked]:
    """Yield what *handler*, and what its module has it depend on, ask for by `FromModule`, once.

    Raises:
        RouteRuleBroken: as `give_services`.
    """
    namespace = handler.resolve_signature_namespace()
    found: dict[str, Asked] = {}
    for function in _functions(handler):
        for parameter, hint in get_fn_type_hints(function, namespace).items():
            asked = _read(handler, parameter, hint)
            if asked is not None and found.setdefault(parameter, asked) != asked:
                raise RouteRuleBroken(
                    f"tochka_routes: {handler.handler_name} asks for two services as {parameter!r}"
                )
    yield from found.values()


def _functions(handler: BaseRouteHandler) -> Iterator[Any]:
    yield unwrap_partial(handler.fn)
    for layer in handler.ownership_layers:
        for provider in (layer.dependencies or {}).values():
            given = provider.dependency if isinstance(provider, Provide) else provider
            yield unwrap_partial(given)


def _read(handler: BaseRouteHandler, parameter: str, hint: Any) -> Asked | None:  # noqa: ANN401 - any type
    """Return what *hint* asks for; `None` where that is no service."""
    if MARK_OF_SERVICES in getattr(hint, "__metadata__", ()):
        kinds = _members(get_args(hint)[0])
        others = [kind for kind in kinds if kind is not NoneType]
        if len(others) == 1 and isinstance(others[0], type):
            return Asked(parameter, others[0], is_optional=NoneType in kinds)
    elif not any(MARK_OF_SERVICES in getattr(kind, "__metadata__", ()) for kind in _members(hint)):
        return None
    raise RouteRuleBroken(
        f"tochka_routes: {handler.handler_name} asks for {parameter!r} by FromModule, which takes"
        " one protocol, or one and None: FromModule[Directory | None]"
    )


def _members(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - as above
    """Return the types of a union, or the one type that it is."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
