"""Rules for a module's settings, so that every tenant has valid ones before it sets any."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import FieldInfo

from tochka_plugins.host.storable import is_storable


def broken_settings_rules(settings: type[msgspec.Struct]) -> Iterator[str]:
    """Yield a sentence for each rule that the struct breaks.

    Raises:
        Exception: whatever its default factories and its `__post_init__` raise.
    """
    try:
        fields = msgspec.structs.fields(settings)
        schema = msgspec.json.schema(settings)
        msgspec.json.encode(schema)
    except (NameError, TypeError) as error:
        yield f"{settings.__name__} has no JSON Schema: {error}"
        return
    except UnicodeEncodeError:
        yield f"{settings.__name__} has half a surrogate pair in its JSON Schema"
        return
    if not _is_storable(schema):
        yield f"{settings.__name__} has a NUL in its JSON Schema"
    if required := [field.name for field in fields if field.required]:
        yield f"{settings.__name__} must have defaults for {', '.join(required)}"
        return
    defaults = settings()
    for field in fields:
        yield from _broken_default(field, getattr(defaults, field.name))


def _broken_default(field: FieldInfo, default: object) -> Iterator[str]:
    try:
        encoded = msgspec.json.encode(default)
        decoded = msgspec.json.decode(encoded, type=field.type)
    except (TypeError, ValueError) as error:
        yield f"the default of {field.name} does not fit its type: {error}"
        return
    if decoded != default:
        yield f"the default of {field.name} comes back from JSON as {decoded!r}, not {default!r}"
    elif not _is_storable(msgspec.json.decode(encoded)):
        yield f"the default of {field.name} has a NUL or half a surrogate pair"


def _is_storable(document: Any) -> bool:  # noqa: ANN401 - any JSON value
    match document:
        case str():
            return is_storable(document)
        case dict():
            return all(_is_storable(item) for pair in document.items() for item in pair)
        case list() | tuple():
            return all(map(_is_storable, document))
    return True
