"""Bodies that an operation should take, with words in them that are known again."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

Json = Any
Bodies = Mapping[tuple[str, str], Sequence[Json]]
"""By method, in capitals, and path."""

_EXAMPLES: Final = 5
_MIN_LETTERS: Final = 6
_NOT_FREE: Final = frozenset({"const", "enum", "format", "pattern"})
"""A text with one of these cannot be any text."""

_SETTINGS: Final = settings(
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=_EXAMPLES,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def fitting_bodies(document: Mapping[str, Json], *, word: str) -> Bodies:
    """Return a few bodies for each operation that takes one, with all fields that it may have.

    Each text that may be any text begins with *word*.
    """
    demanding = _demanding_all(deepcopy(dict(document)))
    found: dict[tuple[str, str], Sequence[Json]] = {}
    for item in schemathesis.openapi.from_dict(demanding).get_all_operations():
        if not isinstance(item, Ok):
            continue
        operation = item.ok()
        told = demanding["paths"][operation.path][operation.method.lower()]
        schema = _body_schema(told)
        if schema is not None:
            drawn = _draw(operation)
            bodies = [_marked(body, schema, demanding, word) for body in drawn]
            found[operation.method.upper(), operation.path] = bodies
    return found


def _draw(operation: Any) -> Sequence[Json]:  # noqa: ANN401 - schemathesis' own
    drawn: list[Json] = []

    @_SETTINGS
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def draw(case: schemathesis.Case[Any]) -> None:
        drawn.append(case.body)

    draw()
    return drawn


def _body_schema(told: Mapping[str, Json]) -> Mapping[str, Json] | None:
    schema: Mapping[str, Json] | None = (
        told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    )
    return schema


def _demanding_all(told: Json) -> Json:
    """Return *told* with schemas that demand all they know, and no null without need."""
    match told:
        case dict():
            for key in ("anyOf", "oneOf"):
                options = [item for item in told.get(key, ()) if item.get("type") != "null"]
                if options:
                    told = {**told, key: options}
            if isinstance(told.get("type"), list):
                told = {**told, "type": next(kind for kind in told["type"] if kind != "null")}
            if isinstance(told.get("properties"), dict):
                told = {**told, "required": list(told["properties"])}
            return {key: _demanding_all(value) for key, value in told.items()}
        case list():
            return [_demanding_all(item) for item in told]
    return told


def _marked(body: Json, schema: Mapping[str, Json], document: Json, word: str) -> Json:
    """Return *body* with *word* in each text that may be any."""
    schema = _resolved(schema, document)
    match body:
        case dict():
            properties = schema.get("properties", {})
            return {
                key: _marked(value, properties[key], document, f"{word} {key}")
                if key in properties
                else value
                for key, value in body.items()
            }
        case list():
            items = schema.get("items", {})
            return [_marked(item, items, document, word) for item in body]
        case str() if not _NOT_FREE & schema.keys():
            marked = word[: schema.get("maxLength")].ljust(schema.get("minLength", 0), "x")
            return marked if len(marked) >= _MIN_LETTERS else body
    return body


def _resolved(schema: Mapping[str, Json], document: Json) -> Mapping[str, Json]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(document["components"]["schemas"][name], document)
    options = schema.get("oneOf") or schema.get("anyOf")
    return _resolved(options[0], document) if options else schema
