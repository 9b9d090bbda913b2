"""When the modules that a tenant has enabled are open to it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.subscriptions.opening import (
    EnabledModule,
    EntitledPeriod,
    Lapse,
    TenantModules,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def at(hours):
    return NOON + hours * HOUR


def period(start, end=None, ending="expired"):
    return EntitledPeriod(at(start), None if end is None else at(end), ending)


def module(name, *periods, availability="subscription", requires=()):
    return EnabledModule(name, availability, requires, periods)


def test_what_needs_no_subscription_is_open_and_has_no_lapse():
    modules = TenantModules(
        [module("open", availability="open"), module("own", availability="private")]
    )
    assert modules.open_at(NOON) == {"open", "own"}
    assert modules.why_closed("open", NOON) is None


def test_a_period_holds_its_first_moment_and_not_its_last():
    modules = TenantModules([module("crm", period(0, 1))])
    for moment, is_open in (
        (at(0) - INSTANT, False),
        (at(0), True),
        (at(1) - INSTANT, True),
        (at(1), False),
    ):
        assert ("crm" in modules.open_at(moment)) is is_open
        assert (modules.why_closed("crm", moment) is None) is is_open


def test_the_same_set_is_returned_until_a_boundary_has_passed():
    modules = TenantModules([module("crm", period(0, 2))])
    assert modules.open_at(at(0)) is modules.open_at(at(1))
    assert modules.open_at(at(2)) == frozenset()
    assert modules.open_at(at(1)) == {"crm"}


@pytest.mark.parametrize(
    ("periods", "lapse"),
    [
        ([], ("none", None, None)),
        ([period(1)], ("pending", None, at(1))),
        ([period(-2, -1)], ("expired", at(-1), None)),
        ([period(-2, -1, "canceled"), period(-9, -3)], ("canceled", at(-1), None)),
        ([period(-2, -1, "changed"), period(3, 4), period(2, 3)], ("changed", at(-1), at(2))),
    ],
)
def test_a_lapse_says_what_was_last_and_what_comes(periods, lapse):
    assert TenantModules([module("crm", *periods)]).why_closed("crm", NOON) == Lapse("crm", *lapse)


def test_what_needs_a_closed_module_is_closed_and_names_it():
    modules = TenantModules(
        [
            module("base", period(0, 1)),
            module("middle", availability="open", requires=("base",)),
            module("top", availability="open", requires=("middle",)),
        ]
    )
    assert modules.open_at(at(0)) == {"base", "middle", "top"}
    assert modules.open_at(at(1)) == frozenset()
    assert modules.why_closed("top", at(1)) == Lapse("base", "expired", at(1), None)


def test_what_is_needed_and_not_enabled_closes_nothing():
    modules = TenantModules([module("top", availability="open", requires=("base",))])
    assert modules.open_at(NOON) == {"top"}


def test_needing_each_other_ends_nowhere():
    a = module("a", availability="open", requires=("b",))
    assert TenantModules([a, module("b", availability="open", requires=("a",))]).open_at(NOON)


def test_what_is_not_enabled_has_no_lapse():
    assert TenantModules().why_closed("crm", NOON) is None
    assert "crm" not in TenantModules()


_HOURS = st.integers(-9, 9)


@given(
    st.lists(st.tuples(_HOURS, st.integers(1, 5)), max_size=4),
    st.lists(_HOURS, min_size=1, max_size=8),
)
def test_in_whatever_order_moments_are_asked_for_the_answer_is_that_of_the_moment(spans, moments):
    crm = module("crm", *(period(start, start + length) for start, length in spans))
    remembering = TenantModules([crm])
    for hours in moments:
        is_covered = any(start <= hours < start + length for start, length in spans)
        assert ("crm" in remembering.open_at(at(hours))) is is_covered
        assert (remembering.why_closed("crm", at(hours)) is None) is is_covered
