"""The events that a module declares, and what is refused."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from tochka_plugins import Event, Secret
from tochka_plugins.core_events import CORE_EVENTS
from tochka_plugins.host.event_rules import broken_event_rules
from tochka_plugins.host.staging import StagingError


class Item(msgspec.Struct, frozen=True):
    colour: str


class Sold(Event, frozen=True, tag="sample.sold"):
    """Something is sold."""

    item_id: UUID
    items: tuple[Item, ...] = ()
    price: int | None = None


class Bought(Event, frozen=True, tag="sample.bought"):
    """Something is bought."""


class BoughtToo(Bought, frozen=True):
    """Has the name of what it derives from."""


class Stranger(msgspec.Struct, frozen=True, tag="sample.stranger"):
    """No event."""


def event(*fields, **config):
    """Make an event with *fields*, each of a name and a type."""
    options = {"tag": "sample.made", "frozen": True, **config}
    return msgspec.defstruct("Made", fields, bases=(Event,), **options)


def test_events_are_collected_in_their_order(staged):
    assert staged(tochka_events=[Sold, Bought]).events == (Sold, Bought)


def test_a_module_may_tell_of_nothing(staged):
    assert staged().events == ()


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        ([event(tag="other.made")], r"the name 'other\.made' must begin with 'sample\.'"),
        ([event(tag="sample.Made")], r"what follows 'sample\.' in 'sample\.Made' must match"),
        ([event(tag=None)], r"Made has no name: give it one by tag='sample\.…'"),
        ([event(tag=5)], "Made has no name"),
        ([event(tag=True)], "the name 'Made' must begin with"),
        ([Bought, BoughtToo], r"'sample\.bought' is declared 2 times"),
        ([event(frozen=False)], "Made must be frozen"),
        ([event(eq=False)], "Made must be frozen, comparable"),
        ([event(array_like=True)], "a JSON object with its name as 'type'"),
        ([event(tag_field="kind")], "a JSON object with its name as 'type'"),
        ([event(("what", complex))], "Made has no JSON Schema"),
        ([event(("what", "Missing"))], "Made has no JSON Schema: name 'Missing'"),
        ([event(namespace={"__doc__": "nul\0"})], "Made has a NUL in its JSON Schema"),
        ([event(("what", Any))], r"Made\.what may be anything"),
        ([event(("what", list[dict[str, Any]]))], r"Made\.what may be anything"),
        ([event(("what", Secret))], r"Made\.what is a secret"),
        ([event(("what", list[Secret | None]))], r"Made\.what is a secret"),
    ],
)
def test_wrong_events_are_refused_with_the_rule(staged, events, rule):
    with pytest.raises(StagingError, match=rf"^tochka_events: .*{rule}"):
        staged(tochka_events=events)


@pytest.mark.parametrize(
    "item", [Event, Stranger, Sold(UUID(int=0)), "sample.sold", None], ids=repr
)
def test_what_is_no_class_of_events_is_refused(staged, item):
    with pytest.raises(StagingError, match=r"^tochka_events: .* is no class of events$"):
        staged(tochka_events=[item])


def test_a_rule_for_a_field_is_no_secret():
    bounded = event(("size", Annotated[int, msgspec.Meta(ge=1)]))
    assert list(broken_event_rules([bounded], "sample")) == []


def test_the_platform_keeps_to_the_rules():
    assert list(broken_event_rules(CORE_EVENTS, "tenants")) == []
