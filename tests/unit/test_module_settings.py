"""Which changes of settings are made, and what of what is kept is in force."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.encryption.keys import EncryptionKey
from tochka_core.encryption.ring import EncryptionRing, NoEncryptionKeys, SecretUnreadable
from tochka_core.module_settings.changing import MAX_DEPTH, Rules, Wanted
from tochka_core.module_settings.errors import SettingsRefused, StaleVersion
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.stored import Stored, weigh
from tochka_plugins import Secret

TENANT = UUID(int=1)
RING = EncryptionRing([EncryptionKey.new()])


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    city: str = "Moscow"
    floor: int | None = None


class Sample(msgspec.Struct, rename="camel", omit_defaults=True):
    page_size: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    greeting: str | None = "hello"
    ratio: float = 0.5
    price: Decimal = Decimal("1.5")
    address: Address = Address()
    anything: Any = None
    shortest: int = 0
    longest: int = 100
    token: Secret = ""
    password: Annotated[Secret, msgspec.Meta(max_length=20)] | None = None

    def __post_init__(self):
        if self.shortest > self.longest:
            raise KeyError(f"{self.token}{self.password or ''} is no limit")


KIND = SettingsKind("notes", Sample)
RULES = Rules(KIND, RING, TENANT)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
SCALARS = (
    st.none() | st.booleans() | st.integers(-9, 250) | st.floats(allow_nan=False, width=32) | TEXT
).filter(lambda value: value not in (float("inf"), -float("inf")))
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)
FIELDS = st.sampled_from(
    [
        *("pageSize", "greeting", "ratio", "price", "address", "anything"),
        *("shortest", "longest", "token", "password", "page_size", "nothing"),
    ]
)
FITTING = st.fixed_dictionaries(
    {},
    optional={
        "pageSize": st.integers(1, 200),
        "greeting": st.none() | TEXT,
        "ratio": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
        "address": st.fixed_dictionaries({}, optional={"city": TEXT, "floor": st.none()}),
        "anything": JSON,
        "shortest": st.integers(0, 9),
        "longest": st.integers(5, 20),
        "token": TEXT,
        "password": st.none() | TEXT,
    },
)
PATCHES = FITTING | st.dictionaries(FIELDS, JSON, max_size=4)
CHANGES = st.builds(Wanted, PATCHES, st.frozensets(FIELDS, max_size=2))


def accepted(values):
    """Tell whether the struct itself takes *values*, and knows all of them."""
    if not values.keys() <= {*Sample.__struct_encode_fields__}:
        return False
    try:
        msgspec.json.decode(msgspec.json.encode(values), type=Sample)
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError):
        return False
    return True


def in_force(stored):
    return weigh(KIND, stored, RING, TENANT).values


@given(st.lists(CHANGES, max_size=6))
def test_a_change_is_made_whole_or_not_at_all(changes):
    stored, model = Stored(), {}
    for wanted in changes:
        after = {f: v for f, v in {**model, **wanted.values}.items() if f not in wanted.reset}
        defaults = {"token": "", "password": None}
        after = {f: v for f, v in after.items() if f not in defaults or v != defaults[f]}
        is_clear = not wanted.reset & wanted.values.keys()
        is_known = wanted.reset <= {*Sample.__struct_encode_fields__}
        is_made = is_clear and is_known and accepted(after)
        try:
            change = RULES.change(stored, wanted)
        except SettingsRefused:
            assert not is_made
            continue
        assert is_made
        assert change.stored.version == stored.version + bool(change.fields)
        stored, model = change.stored, after
        assert msgspec.json.encode(in_force(stored), order="sorted") == msgspec.json.encode(
            model, order="sorted"
        )
        assert not KIND.secrets & stored.values.keys()


@given(st.dictionaries(FIELDS, JSON) | FITTING)
def test_whatever_is_kept_a_module_gets_sound_settings(kept):
    found = KIND.accept(kept)
    assert {*found.values} | {*found.refused} == {*kept}
    assert not found.values.keys() & found.refused.keys()
    assert all(found.values[field] is kept[field] for field in found.values)
    shown = KIND.show(KIND.make(found.values))
    for field in found.refused.keys() & KIND.defaults.keys():
        assert shown[field] == KIND.defaults[field]
    if accepted(kept):
        assert found.refused == {}


@given(FITTING)
def test_what_is_refused_together_is_told_without_the_secrets(values):
    secret = {"token": "s3cr3t-t0ken", "password": "p4ssw0rd"}
    kept = {**values, **secret, "shortest": 7, "longest": 6}
    found = KIND.accept(kept)
    assert found.refused.keys() & {"shortest", "longest"}
    with pytest.raises(SettingsRefused) as refused:
        KIND.check({"shortest": 7, "longest": 6}, {**values, **secret})
    for told in (*found.refused.values(), str(refused.value)):
        assert "s3cr3t-t0ken" not in told
        assert "p4ssw0rd" not in told


def test_values_that_are_sound_only_together_are_all_in_force():
    kept = {"shortest": 150, "longest": 200}
    assert KIND.accept(kept).values == kept


def test_as_much_as_goes_together_is_in_force():
    kept = {"shortest": 7, "longest": 6, "pageSize": 9}
    found = KIND.accept(kept)
    assert found.values == {"longest": 6, "pageSize": 9}
    assert {*found.refused} == {"shortest"}


def test_each_request_has_settings_of_its_own():
    document = b'{"anything": [1]}'
    first = KIND.decode(document)
    first.anything.append(2)
    first.page_size = 7
    assert KIND.decode(document).anything == [1]
    assert KIND.decode(document).page_size == 50


def test_a_secret_does_not_show_itself():
    settings = KIND.make({"token": "s3cr3t-t0ken", "password": "p4ssw0rd"})
    assert "s3cr3t" not in repr(settings)
    assert "p4ss" not in repr(settings)
    assert settings.token == "s3cr3t-t0ken"
    with pytest.raises(TypeError):
        msgspec.json.encode(settings)


def set_to(stored=None, **values):
    return RULES.change(stored or Stored(), Wanted(values)).stored


def test_a_secret_is_bound_to_its_place():
    stored = set_to(token="s3cr3t")
    moved = Stored(1, {}, {"password": stored.secrets["token"]})
    assert weigh(KIND, moved, RING, TENANT).unreadable == {"password"}
    assert weigh(KIND, stored, RING, uuid4()).unreadable == {"token"}
    assert weigh(KIND, stored, RING, TENANT).values == {"token": "s3cr3t"}


def test_an_unreadable_secret_stands_in_the_way_until_it_is_replaced():
    stored = set_to(token="s3cr3t", pageSize=7)
    rules = Rules(KIND, EncryptionRing([EncryptionKey.new()]), TENANT)
    with pytest.raises(SecretUnreadable):
        rules.change(stored, Wanted({"pageSize": 8}))
    for wanted in (Wanted({"token": "other"}), Wanted({}, frozenset({"token"}))):
        assert rules.change(stored, wanted).stored.version == 2


def test_without_keys_no_secret_is_kept():
    keyless = Rules(KIND, EncryptionRing(()), TENANT)
    with pytest.raises(NoEncryptionKeys):
        keyless.change(Stored(), Wanted({"token": "s3cr3t"}))
    assert keyless.change(Stored(), Wanted({"pageSize": 8, "token": ""})).stored.version == 1


def test_a_change_is_made_for_the_versions_that_it_names():
    stored = set_to(pageSize=7)
    for versions in (None, frozenset({1}), frozenset({1, 5})):
        assert RULES.change(stored, Wanted({"pageSize": 8}, versions=versions)).stored.version == 2
    for versions in (frozenset(), frozenset({0}), frozenset({2})):
        with pytest.raises(StaleVersion):
            RULES.change(stored, Wanted({"pageSize": 8}, versions=versions))


@pytest.mark.parametrize("nest", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_what_is_nested_too_deep_to_be_written_again_is_refused(nest):
    value = 1
    for _ in range(MAX_DEPTH):
        value = nest(value)
    assert set_to(anything=value).values == {"anything": value}
    with pytest.raises(SettingsRefused) as refusal:
        set_to(anything=nest(value))
    assert [wrong["pointer"] for wrong in refusal.value.extra["errors"]] == ["/anything"]


def test_true_is_not_one():
    stored = set_to(anything=1)
    assert set_to(stored, anything=True).version == 2
    assert set_to(stored, anything=1).version == 1


class Next(msgspec.Struct):
    """The settings of the next version: what was a secret is none, and the other way round."""

    page_size: Annotated[int, msgspec.Meta(le=10)] = 5
    greeting: Secret | None = None
    token: str = ""


def test_what_has_become_a_secret_or_none_is_to_be_set_again():
    kept = set_to(greeting="good morning", token="s3cr3t")
    rules = Rules(SettingsKind("notes", Next), RING, TENANT)
    found = weigh(rules.kind, kept, RING, TENANT)
    assert found.values == {}
    assert {*found.refused} == {"greeting", "token"}
    change = rules.change(kept, Wanted({"greeting": "x", "token": "y"}))
    assert weigh(rules.kind, change.stored, RING, TENANT).values == {"greeting": "x", "token": "y"}
    assert change.stored.values == {"token": "y"}
    assert [field.secret for field in change.fields] == [True, True]
    assert "good morning" not in str(change.fields)
    reset = rules.change(kept, Wanted({}, frozenset({"greeting", "token"})))
    assert (reset.stored.fields, [field.action for field in reset.fields]) == (
        frozenset(),
        ["reset", "reset"],
    )


def test_what_is_not_accepted_stays_while_other_fields_are_changed():
    kept = Stored(3, {"pageSize": 500, "colour": "red"})
    stored = set_to(kept, longest=7)
    assert stored.values == {"pageSize": 500, "colour": "red", "longest": 7}
    assert in_force(stored) == {"longest": 7}
    reset = RULES.change(stored, Wanted({}, frozenset({"colour", "pageSize"})))
    assert reset.stored.values == {"longest": 7}
