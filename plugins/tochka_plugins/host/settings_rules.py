"""Rules for a module's settings, so that every tenant has valid ones before it sets any."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import FieldInfo

from tochka_plugins.host.schema_rules import schema_fault
from tochka_plugins.host.settings_types import hidden_secrets, open_types, secret_fields
from tochka_plugins.host.storable import is_storable_document


def broken_settings_rules(settings: type[msgspec.Struct]) -> Iterator[str]:
    """Yield a sentence for each rule that the struct breaks.

    Raises:
        Exception: whatever its default factories and its `__post_init__` raise.
    """
    if fault := schema_fault(settings):
        yield fault
        return
    fields = msgspec.structs.fields(settings)
    yield from _broken_shape(settings)
    if required := [field.name for field in fields if field.required]:
        yield f"{settings.__name__} must have defaults for {', '.join(required)}"
        return
    defaults = settings()
    secrets = secret_fields(settings)
    for field in fields:
        default = getattr(defaults, field.name)
        if field.name in secrets and default not in ("", None):
            yield f"the default of the secret {field.name} must be '' or None"
        else:
            yield from _broken_default(field, default)


def _broken_shape(settings: type[msgspec.Struct]) -> Iterator[str]:
    config = settings.__struct_config__
    if config.array_like or config.tag is not None:
        yield f"{settings.__name__} must be a JSON object of its fields: no array_like, no tag"
    for name in hidden_secrets(settings):
        yield f"a secret must be a field of its own, not inside {name}"
    for kind in sorted({kind.__qualname__ for kind in open_types(settings)}):
        yield f"{kind} must be a msgspec.Struct with forbid_unknown_fields=True"


def _broken_default(field: FieldInfo, default: object) -> Iterator[str]:
    try:
        encoded = msgspec.json.encode(default)
        decoded = msgspec.json.decode(encoded, type=field.type)
    except (TypeError, ValueError) as error:
        yield f"the default of {field.name} does not fit its type: {error}"
        return
    if decoded != default:
        yield f"the default of {field.name} comes back from JSON as {decoded!r}, not {default!r}"
    elif not is_storable_document(msgspec.json.decode(encoded)):
        yield f"the default of {field.name} has a NUL or half a surrogate pair"
