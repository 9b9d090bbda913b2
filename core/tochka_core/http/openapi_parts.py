"""The OpenAPI document in parts: the core's, and one of each module.

A module is described in an application of its own. So what is told of it depends on nothing else
that is installed, not even by the names of its schemas: two modules may have classes of one name.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.serialization import encode_json
from tochka_plugins.host import StagedModule

from tochka_core import __version__
from tochka_core.http.closed_structs import ClosedStructs
from tochka_core.http.mounting import let_gate_ask, mount
from tochka_core.http.openapi_components import PROBLEM_SCHEMA
from tochka_core.http.openapi_document import openapi_document

Json = dict[str, Any]

TITLE: Final = "Tochka Rosta"

_TO_SCHEMA: Final = "#/components/schemas/"
_GENERIC: Final = re.compile(r"\A([^\W_]+)_(?:[a-z0-9_]+\.)+(\w+)_\Z")
"""What the framework calls a generic class: its own name, and its argument's with the module's."""


class Part(msgspec.Struct, frozen=True):
    """Paths, and the schemas that they refer to; each is encoded."""

    paths: Mapping[str, msgspec.Raw]
    schemas: Mapping[str, msgspec.Raw]

    @classmethod
    def of(cls, paths: Mapping[str, Json], schemas: Mapping[str, Json]) -> "Part":
        """Return *paths*, with those of *schemas* that they refer to."""
        needed = _reachable(paths, schemas)
        return cls(
            paths={path: _encoded(item) for path, item in paths.items()},
            schemas={name: _encoded(schemas[name]) for name in needed},
        )


class ModulePart(msgspec.Struct, frozen=True):
    """What the document says of a module."""

    whole: Part
    for_visitors: Part
    """What is open to people who are not signed in; often nothing."""


class CorePart(msgspec.Struct, frozen=True):
    """What each document says."""

    frame: Json
    """All but paths and schemas."""
    part: Part

    def document_with(self, parts: Iterable[Part]) -> bytes:
        """Return the document of the core and *parts*, the same in whatever order they come."""
        paths, schemas = dict(self.part.paths), dict(self.part.schemas)
        for part in parts:
            paths.update(part.paths)
            schemas.update(part.schemas)
        components = {**self.frame["components"], "schemas": dict(sorted(schemas.items()))}
        return encode_json(
            {**self.frame, "paths": dict(sorted(paths.items())), "components": components}
        )


def describe_core(
    make_routes: Callable[[], Router], dependencies: Mapping[str, Provide]
) -> CorePart:
    """Return what is said of the core's routes; *dependencies* are those of the application."""
    told = _described(make_routes(), dependencies)
    told = _with_names(told, _names(told))
    components = told["components"]
    # The problem document is what the frame's own responses refer to.
    described = Part.of(told["paths"], components["schemas"])
    problem = {name: _encoded(schema) for name, schema in PROBLEM_SCHEMA.items()}
    frame = {key: value for key, value in told.items() if key not in ("paths", "components")}
    rest = {key: value for key, value in components.items() if key != "schemas"}
    return CorePart(
        frame={**frame, "components": rest},
        part=Part(paths=described.paths, schemas={**described.schemas, **problem}),
    )


def describe_module(module: StagedModule, dependencies: Mapping[str, Provide]) -> ModulePart:
    """Return what is said of *module*, whose schemas are called `<module>.<class>`."""
    told = _described(mount(module), dependencies)
    told = _with_names(told, {old: f"{module.name}.{new}" for old, new in _names(told).items()})
    paths, schemas = told["paths"], told["components"]["schemas"]
    return ModulePart(
        whole=Part.of(paths, schemas), for_visitors=Part.of(_open_to_anyone(paths), schemas)
    )


def _described(routes: Router, dependencies: Mapping[str, Provide]) -> Json:
    app = Litestar(
        route_handlers=[routes],
        dependencies=dependencies,
        plugins=[ClosedStructs()],
        openapi_config=OpenAPIConfig(title=TITLE, version=__version__),
        logging_config=None,
    )
    let_gate_ask(app)
    return openapi_document(app)


def _open_to_anyone(paths: Mapping[str, Json]) -> dict[str, Json]:
    """Return what of *paths* demands nobody who is signed in."""
    found = {
        path: {method: told for method, told in item.items() if "security" not in told}
        for path, item in paths.items()
    }
    return {path: item for path, item in found.items() if item}


def _reachable(paths: Mapping[str, Json], schemas: Mapping[str, Json]) -> list[str]:
    """Return the names of *schemas* that *paths* refer to, also by others of them; in order."""
    found: set[str] = set()
    waiting = [*_referred(paths)]
    while waiting:
        name = waiting.pop()
        if name in schemas and name not in found:
            found.add(name)
            waiting += _referred(schemas[name])
    return sorted(found)


def _referred(told: object) -> Iterator[str]:
    """Yield the names of schemas that *told* refers to."""
    if isinstance(told, str) and told.startswith(_TO_SCHEMA):
        yield told.removeprefix(_TO_SCHEMA)
    elif isinstance(told, Mapping):
        for item in told.values():
            yield from _referred(item)
    elif isinstance(told, list | tuple):
        for item in told:
            yield from _referred(item)


def _names(told: Json) -> Mapping[str, str]:
    """Return what to call the schemas of *told* that are its own.

    The framework says of a `Page[Item]` where `Item` is, too: what no client has to know.
    """
    own = told["components"]["schemas"].keys() - PROBLEM_SCHEMA.keys()
    short = {name: _GENERIC.sub(r"\1_\2", name) for name in own}
    count = Counter(short.values())
    return {name: new if count[new] == 1 else name for name, new in short.items()}


def _with_names(told: Json, names: Mapping[str, str]) -> Json:
    """Return *told* with the new *names* of its schemas."""
    components = told["components"]
    schemas = {names.get(name, name): schema for name, schema in components["schemas"].items()}
    renamed: Json = _renamed({**told, "components": {**components, "schemas": schemas}}, names)
    return renamed


def _renamed(told: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Return *told* with references to the new *names* of schemas."""
    if isinstance(told, str) and told.startswith(_TO_SCHEMA):
        name = told.removeprefix(_TO_SCHEMA)
        return f"{_TO_SCHEMA}{names.get(name, name)}"
    if isinstance(told, Mapping):
        return {key: _renamed(item, names) for key, item in told.items()}
    if isinstance(told, list | tuple):
        return [_renamed(item, names) for item in told]
    return told


def _encoded(told: object) -> msgspec.Raw:
    return msgspec.Raw(encode_json(told))
