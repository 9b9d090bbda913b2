"""What handlers ask for by name, found for them."""

from collections.abc import Callable, Mapping
from typing import Any

from litestar import Litestar, Request
from litestar._kwargs import KwargsModel
from litestar._kwargs.cleanup import DependencyCleanupGroup
from litestar.di import Dependency, Provide
from litestar.params import ParameterKwarg
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition
from msgspec import inspect

Values = dict[str, Any]
"""By name."""

Parse = Callable[[Request[Any, Any, Any], Values], Values]
"""Returns what a signature asks for out of all that is there, each of the type that it names."""


def resolve_one_by_one(app: Litestar) -> None:
    """Find what a handler asks for one after another, by name where neither needs the other.

    Litestar 2.25 starts a task for each at once, which takes longer than ours take to be found, and
    leaves those behind that have begun when another one fails.
    """
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _handler, asked in route.route_handler_map.values():
                asked.dependency_batches = [
                    {one}
                    for batch in asked.dependency_batches
                    for one in sorted(batch, key=lambda one: one.key)
                ]


class Dependencies:
    """What a handler depends on, in the order in which it is found."""

    def __init__(self, model: KwargsModel) -> None:
        """Take it from *model*, once `resolve_one_by_one` has been there."""
        self._providers = {one.key: one.provide for (one,) in model.dependency_batches}
        self._steps = [
            (name, provide, self.parser_of(provide.signature_model))
            for name, provide in self._providers.items()
        ]
        self.open = any(map(_yields, self._providers.values()))
        """Some of it is to be closed when the handler has returned."""

    def parser_of(self, signature: Any) -> Parse:  # noqa: ANN401 - Litestar's own model
        """Return what parses the values for *signature*.

        What a provider promises to return is not looked at again.
        """
        fields: Mapping[str, FieldDefinition] = signature._fields
        if not all(self._is_promised(name, field) for name, field in fields.items()):
            parse: Parse = signature.parse_values_from_connection_kwargs
            return parse
        names = tuple(fields)
        return lambda _request, values: {name: values[name] for name in names}

    async def find(
        self, request: Request[Any, Any, Any], values: Values, group: DependencyCleanupGroup
    ) -> None:
        """Add all of it to *values*, and what is to be closed to *group*."""
        for name, provide, parse in self._steps:
            value = await provide(**parse(request, values))
            if provide.has_async_generator_dependency:
                group.add(value)
                value = await anext(value)
            elif provide.has_sync_generator_dependency:
                group.add(value)
                value = next(value)
            values[name] = value

    def _is_promised(self, name: str, field: FieldDefinition) -> bool:
        """Tell whether what is given by *name* is of the type of *field* by declaration."""
        if name == "request":
            return True
        provide = self._providers.get(name)
        if provide is None or not _wants_no_more(field):
            return False
        returned = provide.parsed_fn_signature.return_type
        if _yields(provide) and returned.inner_types:
            returned = returned.inner_types[0]
        return field.annotation is returned.annotation and _stays_itself(field.annotation)


def _yields(provide: Provide) -> bool:
    return provide.has_sync_generator_dependency or provide.has_async_generator_dependency


def _stays_itself(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    """Tell whether msgspec takes an instance of *kind* as it is, instead of making another one.

    A list or a `dict` it copies, which a handler may change, and a provider use again.
    """
    return isinstance(inspect.type_info(kind), inspect.CustomType | inspect.StructType)


def _wants_no_more(field: FieldDefinition) -> bool:
    """Tell whether *field* says nothing of a value but its type."""
    return all(isinstance(item, Dependency) for item in field.metadata) and (
        field.kwarg_definition is None or field.kwarg_definition == ParameterKwarg()
    )
