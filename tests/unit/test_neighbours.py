"""Modules that meet: what is told, to whom, and as JSON carries it."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tochka_core.neighbours.event_catalog import carried, describe
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.neighbours.venue import Venue
from tochka_plugins import Event, Tenant, UnfitEvent, publish

VENUE = Venue(Tenant(uuid4(), "acme", "Acme"), frozenset({"shop", "deaf"}))


NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


class Sold(Event, frozen=True, tag="shop.sold"):
    """Something

    is sold.

    It is
    paid for.
    """

    item_id: UUID
    at: datetime
    price: Decimal | None = None
    weight: float = 0.0
    tags: frozenset[str] = frozenset()
    counts: tuple[tuple[str, int], ...] = ()
    pause: timedelta = timedelta()
    raw: bytes = b""


class Returned(Event, frozen=True, tag="shop.returned"):
    item_id: UUID


class Priced(Event, frozen=True, tag="shop.priced"):
    price: float


class FakeCandidate:
    package = "tochka_fake"


class FakeModule:
    """A module that remembers what it is told."""

    candidate = FakeCandidate()
    events = (Sold, Returned)

    def __init__(self, name, *, listens):
        self.name, self._listens, self.told = name, listens, []
        self.hooks = self

    def implements(self, _hook):
        return self._listens

    async def call_async(self, _hook, *, event, **_arguments):
        self.told.append(event)


class FakeSession:
    """A session that knows what it was given, and can do nothing."""

    def __init__(self):
        self.info = {}


SALES = st.builds(
    Sold,
    price=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
    weight=st.floats(allow_nan=False, allow_infinity=False),
    tags=st.frozensets(TEXT),
    counts=st.lists(st.tuples(TEXT, st.integers(-(2**63), 2**63 - 1))).map(tuple),
    pause=st.timedeltas(),
    raw=st.binary(),
)


@given(SALES)
def test_an_event_arrives_as_it_was_sent(event):
    assert carried(event) == event


@given(st.one_of(st.floats(), st.integers(), st.text(), st.none(), st.binary()))
def test_an_event_of_another_type_arrives_as_it_was_sent_or_not_at_all(price):
    event = Priced(price)
    try:
        arrived = carried(event)
    except UnfitEvent:
        assert not (isinstance(price, float) and isfinite(price))
    else:
        assert arrived == event
        assert isinstance(arrived.price, float)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_event_that_arrives_can_be_stored(text):
    event = Sold(uuid4(), NOW, tags=frozenset({text}))
    if "\0" in text:
        with pytest.raises(UnfitEvent, match=r"^shop\.sold has a NUL"):
            carried(event)
    else:
        assert carried(event) == event


def test_an_escape_in_a_text_is_no_nul():
    event = Sold(uuid4(), NOW, tags=frozenset({r"\u0000"}))
    assert carried(event) == event


def test_people_are_told_of_an_event_by_its_docstring_or_else_by_its_name():
    assert describe(Sold).title == "Something"
    assert describe(Sold).description == "is sold.\n\nIt is\npaid for."
    assert (describe(Returned).title, describe(Returned).description) == ("shop.returned", "")


async def test_where_nobody_listens_the_database_is_not_asked():
    session = FakeSession()
    modules = [FakeModule("shop", listens=False), FakeModule("elsewhere", listens=True)]
    neighbourhood = Neighbourhood(lambda: modules, hook_seconds=5)
    neighbourhood.introduce(session, "shop", VENUE)
    await publish(session, Returned(uuid4()))
    assert modules[1].told == []


async def test_a_module_that_does_not_serve_is_passed_over_and_that_is_logged():
    deaf = FakeModule("deaf", listens=True)
    neighbourhood = Neighbourhood(lambda: [deaf], stopped={"deaf"}, hook_seconds=5)

    @asynccontextmanager
    async def lending():
        yield FakeSession()

    with capture_logs() as logs:
        await neighbourhood.tell(deaf, "tochka_event_published", lending(), VENUE, event=None)
    assert deaf.told == []
    assert [(line["event"], line["module"]) for line in logs] == [("module not told", "deaf")]


def test_modules_are_found_when_it_first_matters():
    found = []
    neighbourhood = Neighbourhood(lambda: found.append(1) or [], hook_seconds=5)
    neighbourhood.introduce(FakeSession(), "shop", VENUE)
    assert found == []
    assert neighbourhood.listeners == []
    assert neighbourhood.modules == []
    assert found == [1]


def test_a_venue_has_an_end():
    venue = VENUE
    with pytest.raises(RecursionError):
        while True:
            venue = venue.deeper()
    assert msgspec.structs.replace(venue, depth=0) == VENUE
