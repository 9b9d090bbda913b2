"""Moments that clients name, and those that no column can hold as they are."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_plugins import InvalidInput, in_utc

INSTANT, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.datetimes(FIRST.replace(tzinfo=None) + DAY, LAST.replace(tzinfo=None) - DAY, timezones=ZONES)
)
def test_it_is_the_same_moment_in_utc(moment):
    found = in_utc(moment, pointer="/at")
    assert (found, found.tzinfo) == (moment, UTC)


@pytest.mark.parametrize(
    "moment",
    [
        FIRST,
        LAST,
        FIRST.replace(tzinfo=timezone(HOUR)),
        LAST.replace(tzinfo=timezone(-HOUR)),
        LAST.replace(tzinfo=None),
    ],
)
def test_what_is_no_moment_of_the_database_is_refused_by_its_field(moment):
    with pytest.raises(InvalidInput) as refusal:
        in_utc(moment, pointer="/at")
    assert refusal.value.extra["errors"][0]["pointer"] == "/at"


@pytest.mark.parametrize("moment", [FIRST + INSTANT, LAST - INSTANT])
def test_what_lies_between_is_not(moment):
    assert in_utc(moment, pointer="/at") == moment
