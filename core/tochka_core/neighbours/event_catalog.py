"""The events that the modules of one process, and the platform, may tell of."""

from collections.abc import Collection, Sequence
from inspect import cleandoc
from typing import Final

import msgspec
from tochka_plugins import Event, EventInfo, UndeclaredEvent, UnfitEvent, event_name
from tochka_plugins.core_events import CORE_EVENTS
from tochka_plugins.host import StagedModule
from tochka_plugins.host.storable import is_storable_document

_CORE: Final = "core"


class EventCatalog:
    """Who declares which event."""

    def __init__(self, modules: Sequence[StagedModule]) -> None:
        """Know what *modules* declare."""
        self._declared = {_CORE: CORE_EVENTS, **{item.name: item.events for item in modules}}

    def refuse_undeclared(self, event: Event, *, module: str) -> None:
        """Let a module publish what it declares, and nothing else.

        Raises:
            UndeclaredEvent: *module* does not declare it.
        """
        if type(event) not in self._declared.get(module, ()):
            name = type(event).__name__
            raise UndeclaredEvent(f"{module} does not declare {name} in tochka_events.")

    def list(self, opened: Collection[str]) -> Sequence[EventInfo]:
        """Return the events of the platform and of the modules *opened*, by name."""
        events = [
            event
            for owner, declared in self._declared.items()
            if owner == _CORE or owner in opened
            for event in declared
        ]
        return [describe(event) for event in sorted(events, key=event_name)]


def describe(event: type[Event]) -> EventInfo:
    """Return what people and programs are told of *event*."""
    title, _, description = cleandoc(event.__doc__ or "").partition("\n\n")
    return EventInfo(
        name=event_name(event),
        title=" ".join(title.split()) or event_name(event),
        description=description,
        schema=msgspec.json.schema(event),
    )


def carried(event: Event) -> Event:
    """Return *event* as JSON carries it: whoever is told of it may keep it and send it on.

    Raises:
        UnfitEvent: it does not come back as it is, or the database could not store it.
    """
    name = event_name(event)
    try:
        document = msgspec.json.encode(event)
        arrived = msgspec.json.decode(document, type=type(event))
    except (TypeError, ValueError) as error:
        raise UnfitEvent(f"{name} does not come back from JSON: {error}") from error
    if arrived != event:
        raise UnfitEvent(f"{name} comes back from JSON as another one")
    if rb"\u0000" in document and not is_storable_document(msgspec.json.decode(document)):
        raise UnfitEvent(f"{name} has a NUL, which the database does not store")
    return arrived
