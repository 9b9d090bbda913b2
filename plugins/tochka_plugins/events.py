"""What has happened in a module, as others are told of it.

    class DealWon(Event, frozen=True, tag="deals.won"):
        '''A deal is won.'''

        deal_id: UUID
        amount: int

It is told by `tochka_plugins.publish`.
"""

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True):
    """Base of all events, each a class of its own whose `tag` is its name: `<module>.<word>`.

    As JSON it is an object of its fields, with its name as `type`. It goes to other modules and out
    of the platform: let it hold ids, and no secrets.
    """


class EventInfo(msgspec.Struct, frozen=True):
    """An event that may happen, as people and programs are told of it."""

    name: str
    """`<module>.<word>`, such as `deals.won`."""

    title: str
    """The first paragraph of its docstring, or else its name."""

    description: str
    """The rest of the docstring."""

    schema: dict[str, Any]
    """The JSON Schema of the event."""


def event_name(event: Event | type[Event]) -> str:
    """Return the name of an event, such as `deals.won`."""
    return str(event.__struct_config__.tag)
