"""How a subscription stands follows from its dates alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tochka_core.subscriptions.models import Phase
from tochka_core.subscriptions.spans import Span, spans_of
from tochka_core.subscriptions.states import OPEN_STATES, Dates
from tochka_core.subscriptions.terms import after

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
ORDER = ("pending", "trialing", "active", "past_due", "expired", "canceled")


def day(number):
    return START + number * DAY


def dates(*, trial=None, paid=None, grace=0, ends=None):
    return Dates(
        starts_at=START,
        trial_ends_at=None if trial is None else day(trial),
        paid_until=None if paid is None else day(paid),
        grace_days=grace,
        ends_at=None if ends is None else day(ends),
    )


@pytest.mark.parametrize(
    ("what", "boundary", "before", "then"),
    [
        (dates(paid=30), 0, "pending", "active"),
        (dates(), 0, "pending", "active"),
        (dates(trial=14, paid=14), 0, "pending", "trialing"),
        (dates(trial=14, paid=14, grace=7), 14, "trialing", "expired"),
        (dates(trial=14, paid=44, grace=7), 14, "trialing", "active"),
        (dates(paid=30, grace=7), 30, "active", "past_due"),
        (dates(paid=30, grace=7), 37, "past_due", "expired"),
        (dates(paid=30), 30, "active", "expired"),
        (dates(paid=30, grace=7, ends=30), 30, "active", "canceled"),
        (dates(trial=14, paid=30, ends=3), 3, "trialing", "canceled"),
        (dates(paid=30, ends=40), 40, "expired", "canceled"),
    ],
)
def test_a_state_holds_its_first_moment_and_not_its_last(what, boundary, before, then):
    assert what.state_at(day(boundary) - INSTANT) == before
    assert what.state_at(day(boundary)) == then


def test_what_is_canceled_before_it_begins_never_begins():
    never = dates(paid=30, ends=-1)
    assert {never.state_at(day(number)) for number in (-5, -1, 0, 10, 90)} == {"canceled"}


def test_what_is_paid_for_ever_never_closes():
    assert dates().closes_at is None
    assert dates().state_at(datetime.max.replace(tzinfo=UTC)) == "active"


@st.composite
def _any_dates(draw):
    trial = draw(st.none() | st.integers(1, 30))
    paid = draw(st.none() | st.integers(trial or 1, 60))
    return dates(
        trial=trial,
        paid=paid,
        grace=draw(st.integers(0, 9)),
        ends=draw(st.none() | st.integers(-5, 70)),
    )


_ANY_DATES = _any_dates()
_MOMENTS = st.integers(-10, 100).map(day) | st.integers(-10, 100).map(lambda n: day(n) - INSTANT)


@given(_ANY_DATES, _MOMENTS)
def test_it_is_open_from_its_start_until_it_closes(what, moment):
    is_between = moment >= START and (what.closes_at is None or moment < what.closes_at)
    assert (what.state_at(moment) in OPEN_STATES) is is_between


@given(_ANY_DATES, _MOMENTS, _MOMENTS)
def test_no_state_comes_back(what, one, other):
    states = [ORDER.index(what.state_at(moment)) for moment in sorted((one, other))]
    assert states == sorted(states)


@given(_ANY_DATES, _MOMENTS)
def test_states_change_at_the_dates_and_at_no_other_moment(what, moment):
    boundaries = (START, what.trial_ends_at, what.paid_until, what.lapses_at, what.ends_at)
    assume(moment not in boundaries)
    assert what.state_at(moment) == what.state_at(moment - INSTANT)


def phase(start, end, *modules):
    ends_at = None if end is None else day(end)
    return Phase(starts_at=day(start), ends_at=ends_at, modules=list(modules))


def spans(what, *phases):
    found = spans_of(what, phases, lambda phase: phase.modules)
    return {
        module: [(span.starts_at, span.ends_at, span.ending) for span in spans]
        for module, spans in found.items()
    }


def test_what_two_phases_have_in_common_goes_on():
    both = (phase(0, 10, "crm", "mail"), phase(10, None, "crm", "shop"))
    assert spans(dates(paid=30, grace=5), *both) == {
        "crm": [(day(0), day(35), "expired")],
        "mail": [(day(0), day(10), "changed")],
        "shop": [(day(10), day(35), "expired")],
    }


def test_a_phase_that_begins_after_the_end_entitles_to_nothing():
    both = (phase(0, 30, "crm"), phase(30, None, "shop"))
    assert spans(dates(paid=90, ends=30), *both) == {"crm": [(day(0), day(30), "canceled")]}
    assert spans(dates(), *both)["shop"] == [(day(30), None, "expired")]


@given(_ANY_DATES, st.lists(st.integers(1, 80), unique=True, max_size=4), _MOMENTS)
def test_spans_cover_what_is_open_and_nothing_else(what, cuts, moment):
    starts = [0, *sorted(cuts)]
    phases = [
        phase(start, end, "crm", f"only{start}")
        for start, end in zip(starts, [*starts[1:], None], strict=True)
    ]
    found = spans_of(what, phases, lambda phase: phase.modules)

    def is_in(span: Span):
        return span.starts_at <= moment and (span.ends_at is None or moment < span.ends_at)

    open_now = {module for module, spans in found.items() if any(map(is_in, spans))}
    if what.state_at(moment) in OPEN_STATES:
        (of_phase,) = open_now - {"crm"}
        assert "crm" in open_now
        assert of_phase == f"only{max(s for s in starts if day(s) <= moment)}"
    else:
        assert open_now == set()


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        ((2026, 1, 31), "month", (2026, 2, 28)),
        ((2028, 1, 31), "month", (2028, 2, 29)),
        ((2026, 12, 15), "month", (2027, 1, 15)),
        ((2028, 2, 29), "year", (2029, 2, 28)),
        ((2026, 3, 1), "year", (2027, 3, 1)),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_last_of_a_shorter_month(start, period, end):
    moment = datetime(*start, 12, 30, tzinfo=UTC)
    assert after(moment, period) == datetime(*end, 12, 30, tzinfo=UTC)
