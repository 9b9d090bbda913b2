"""Which errors a route can answer, by what is known of it before anybody calls it."""

from collections.abc import Iterator, Mapping
from functools import cache
from inspect import isclass, signature
from types import MappingProxyType
from typing import Any, Final

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.typing import FieldDefinition
from tochka_plugins import Limits
from tochka_plugins.routing import ANONYMOUS_KEY

from tochka_core.http.route_rules import MODULE_KEY, PERMISSIONS_KEY
from tochka_core.throttling.services import TryCounter

_CHANGES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_TENANT_NAMES: Final = frozenset({"chosen_tenant", "session", "tenant"})
_OURS: Final = "tochka_core."


class Described(msgspec.Struct, frozen=True):
    """A route, by what its errors depend on."""

    is_anonymous: bool
    is_of_module: bool
    permissions: tuple[str, ...]
    """Those that its guards name."""
    is_change: bool
    has_body: bool
    has_path_parameters: bool
    chooses_tenant: bool
    """Whether it takes the tenant that `X-Tenant` names."""
    counts_limits: bool
    counts_tries: bool
    needs_nothing: bool
    """Whether it answers by itself, without a database or anything else."""

    @classmethod
    def of(cls, handler: HTTPRouteHandler, method: str, path: str) -> "Described":
        """Describe *handler* as it serves *method* at *path*."""
        opt = handler.opt
        is_of_module = MODULE_KEY in opt
        asked = _asked_for(handler)
        return cls(
            is_anonymous=bool(opt.get(ANONYMOUS_KEY)),
            is_of_module=is_of_module,
            permissions=opt.get(PERMISSIONS_KEY, ()),
            is_change=method in _CHANGES,
            has_body="data" in asked,
            has_path_parameters="{" in path,
            chooses_tenant=is_of_module or not _TENANT_NAMES.isdisjoint(asked),
            counts_limits=any(wanted.annotation is Limits for wanted in asked.values()),
            counts_tries=any(_counts(wanted.annotation) for wanted in asked.values()),
            needs_nothing=not asked,
        )

    def errors(self) -> Iterator[int]:
        """Yield the statuses, in no order.

        405 and 500 are left out: the one is an answer to what is no route, the other a mistake.
        """
        yield 400  # also a NUL in the query, and headers that contradict each other
        if not self.is_anonymous:
            yield from (401, 403)
        if self.is_of_module and not self.is_anonymous:
            yield 402  # the subscription to the module is over
        if self.has_path_parameters or self.is_of_module or not self.is_anonymous:
            yield 404  # also a tenant that there is not, chosen by a header
        if self.counts_limits:
            yield from (402, 409)
        if self.is_change:
            yield 409
        if self.has_body:
            yield from (408, 413, 415)
        if self.counts_tries:
            yield 429
        if self.is_of_module or not (self.is_anonymous and self.needs_nothing):
            yield 503


def _asked_for(handler: HTTPRouteHandler) -> Mapping[str, FieldDefinition]:
    """Return what *handler* asks for, and what in turn is asked for to provide it, by name."""
    providers = handler.resolve_dependencies()
    found: dict[str, FieldDefinition] = {}
    waiting = dict(handler.parsed_fn_signature.parameters)
    while waiting:
        name, wanted = waiting.popitem()
        found[name] = wanted
        if name in providers:
            more = providers[name].parsed_fn_signature.parameters
            waiting.update({key: value for key, value in more.items() if key not in found})
    return MappingProxyType(found)


@cache
def _counts(kind: Any) -> bool:  # noqa: ANN401 - whatever handlers may ask for
    """Tell whether it is the counter of tries, or a service of the core that is made with one."""
    if kind is TryCounter:
        return True
    if not isclass(kind) or not kind.__module__.startswith(_OURS):
        return False
    return any(_counts(made_with.annotation) for made_with in signature(kind).parameters.values())
