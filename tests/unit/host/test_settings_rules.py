"""A module's settings: defaults for all fields, which JSON carries unchanged."""

from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_plugins.host.settings_rules import broken_settings_rules
from tochka_plugins.host.staging import StagingError

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT


class Colour(Enum):
    RED = "red"


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    city: str = "Москва"


class Everything(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """Settings of many types."""

    page_size: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    greeting: str | None = None
    colour: Colour = Colour.RED
    kind: Literal["a", "b"] = "a"
    tags: list[str] = []
    prices: dict[str, Decimal] = {}
    pause: timedelta = timedelta(seconds=5)
    address: Address = Address()
    raw: bytes = b"\0"


def struct(**fields):
    """Make a struct of fields, each a type with its default."""
    made = [(name, type_, default) for name, (type_, default) in fields.items()]
    return msgspec.defstruct("Sample", made)


def raising():
    raise LookupError("no default today")


def test_settings_are_collected(staged):
    assert staged(tochka_settings=lambda: Everything).settings is Everything


def test_settings_may_be_empty(staged):
    empty = msgspec.defstruct("Empty", [])
    assert staged(tochka_settings=lambda: empty).settings is empty


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)))
def test_a_default_is_sound_exactly_when_json_carries_it_unchanged(default):
    settings = struct(value=(Any, msgspec.field(default_factory=lambda: default)))
    carried = msgspec.json.decode(msgspec.json.encode(settings()), type=settings) == settings()
    assert (list(broken_settings_rules(settings)) == []) == carried


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        (
            msgspec.defstruct("Sample", [("size", int), ("kind", str), ("ok", int, 1)]),
            "Sample must have defaults for size, kind",
        ),
        (struct(value=(int, "5")), "the default of value does not fit its type: Expected `int`"),
        (struct(value=(Annotated[int, msgspec.Meta(ge=5)], 1)), "the default of value does not"),
        (struct(value=(Literal["a"], "b")), "the default of value does not fit"),
        (struct(value=(float, float("nan"))), "the default of value does not fit"),
        (struct(value=(Any, (1, 2))), "the default of value comes back from JSON as [1, 2]"),
        (struct(value=(str, "nul\0")), "Sample has a NUL in its JSON Schema"),
        (struct(value=(str, msgspec.field(default_factory=lambda: "\0"))), "value has a NUL"),
        (struct(value=(dict, msgspec.field(default_factory=lambda: {"\0": 1}))), "value has a NUL"),
        (struct(value=(list, msgspec.field(default_factory=lambda: [["\0"]]))), "value has a NUL"),
        (struct(value=(str, "half \ud83d")), "half a surrogate pair in its JSON Schema"),
        (
            struct(value=(str, msgspec.field(default_factory=lambda: "\udfff"))),
            "the default of value does not fit its type",
        ),
        (
            struct(value=(Any, msgspec.field(default_factory=object))),
            "the default of value does not fit its type: Encoding objects of type object",
        ),
        (struct(value=(complex, 1j)), "Sample has no JSON Schema"),
        (struct(value=(object, object())), "Sample has no JSON Schema"),
        (struct(value=("Missing", 1)), "Sample has no JSON Schema: name 'Missing'"),
        (
            msgspec.defstruct(
                "Sample", [("value", int, "5")], omit_defaults=True, namespace={"__doc__": "x"}
            ),
            "the default of value does not fit",
        ),
        (
            msgspec.defstruct("Sample", [("value", int, 5)], namespace={"__doc__": "nul\0"}),
            "Sample has a NUL",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_settings_are_refused_with_the_field_and_the_rule(staged, settings, rule):
    with pytest.raises(StagingError, match=r"^tochka_settings: ") as refused:
        staged(tochka_settings=lambda: settings)
    assert rule in str(refused.value)


def test_all_wrong_defaults_are_told_at_once(staged):
    wrong = struct(one=(int, "1"), two=(str, 2))
    with pytest.raises(StagingError, match=r"default of one .*; the default of two "):
        staged(tochka_settings=lambda: wrong)


def test_what_a_default_raises_comes_through(staged):
    settings = struct(value=(int, msgspec.field(default_factory=raising)))
    with pytest.raises(LookupError, match="no default today"):
        staged(tochka_settings=lambda: settings)


@pytest.mark.parametrize("result", [Everything(), dict, {"page_size": 50}, "Everything", 0, int])
def test_what_is_no_struct_class_is_refused(staged, result):
    with pytest.raises(StagingError, match=r"tochka_settings must return a msgspec\.Struct class"):
        staged(tochka_settings=lambda: result)
