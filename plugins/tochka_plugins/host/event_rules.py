"""Rules for a module's events, so that whoever is told of one can keep it and send it on."""

from collections.abc import Iterator, Sequence

from msgspec import inspect

from tochka_plugins.events import Event, event_name
from tochka_plugins.host.declaration_rules import broken_names
from tochka_plugins.host.schema_rules import schema_fault
from tochka_plugins.host.type_parts import fields_of, is_secret, parts_of


def broken_event_rules(events: Sequence[type[Event]], module: str) -> Iterator[str]:
    """Yield a sentence for each rule that an event of *module* breaks."""
    named = [event for event in events if isinstance(event.__struct_config__.tag, str)]
    yield from broken_names([event_name(event) for event in named], f"{module}.")
    for event in events:
        if event not in named:
            yield f"{event.__name__} has no name: give it one by tag='{module}.…'"
        yield from _broken_shape(event)
        if fault := schema_fault(event):
            yield fault
        else:
            yield from _broken_fields(event)


def _broken_shape(event: type[Event]) -> Iterator[str]:
    config = event.__struct_config__
    is_object = not config.array_like and config.tag_field in (None, "type")
    if not (config.frozen and config.eq and is_object):
        yield f"{event.__name__} must be frozen, comparable, a JSON object with its name as 'type'"


def _broken_fields(event: type[Event]) -> Iterator[str]:
    for name, kind in fields_of(event):
        parts = list(parts_of(kind))
        if any(isinstance(part, inspect.AnyType) for part in parts):
            yield f"{event.__name__}.{name} may be anything: JSON does not bring that back"
        if any(map(is_secret, parts)):
            yield f"{event.__name__}.{name} is a secret, and would be told to others"
