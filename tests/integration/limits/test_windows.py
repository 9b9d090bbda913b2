"""When a count begins anew, and which limit holds at a moment."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from tochka_core.limits.declaring import declare_limits
from tochka_plugins import Limit, LimitReached, PlanLimitReached

BOUNDARIES = [
    ("notes.daily", "2026-11-26", "2026-11-25 23:59:59.999999Z"),
    ("notes.daily", "2027-01-01", "2026-12-31 23:59:59.999999Z"),
    ("notes.daily", "2028-03-01", "2028-02-29 23:59:59.999999Z"),
    ("notes.monthly", "2026-12-01", "2026-11-30 23:59:59.999999Z"),
    ("notes.monthly", "2028-03-01", "2028-02-29 23:59:59.999999Z"),
]


async def test_a_count_begins_anew_at_the_boundary(consume, usage, travel):
    for name, boundary, last_moment in BOUNDARIES:
        await travel(last_moment)
        await consume(name, 2)
        with pytest.raises(LimitReached) as refused:
            await consume(name)
        assert refused.value.extra["reset"] == f"{boundary}T00:00:00Z"
        assert (await usage(name)).resets_at == datetime.fromisoformat(f"{boundary}T00:00:00Z")
        await travel(f"{boundary} 00:00:00Z")
        assert (await usage(name)).used == 0
        assert await consume(name) == 1


async def test_a_window_is_of_utc_whatever_the_connection_keeps(database, tenants, travel):
    await travel("2026-11-30 23:30:00Z")
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("SET LOCAL TIME ZONE 'Pacific/Auckland'"))
        bound = "SELECT window_start, resets_at FROM tochka.effective_limit(:id, 'notes.monthly')"
        (row,) = await session.execute(text(bound), {"id": tenants["acme"]})
    assert tuple(row) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


async def test_what_is_released_is_of_the_window_that_runs(counting, consume, usage, travel):
    await travel("2026-11-25 12:00Z")
    await consume("notes.daily", 2)
    await travel("2026-11-26 12:00Z")
    async with counting() as limits:
        assert (await limits.release("notes.daily")).used == 0
    assert await consume("notes.daily", 2) == 2


async def test_who_has_begun_before_the_boundary_counts_in_the_window_that_runs(
    consume, usage, travel
):
    await travel("2026-11-26 00:00Z")
    await consume("notes.daily")
    await travel("2026-11-25 23:59Z")
    assert await consume("notes.daily") == 2
    await travel("2026-11-26 00:00Z")
    assert (await usage("notes.daily")).used == 2


async def test_without_a_period_a_count_never_begins_anew(consume, usage, travel):
    await consume("notes.max", 3)
    await travel("2126-01-01 00:00Z")
    found = await usage("notes.max")
    assert (found.used, found.resets_at) == (3, None)


async def test_a_module_may_give_a_limit_another_period(database, consume, usage, travel):
    async def declare(period):
        async with database.platform_scope(reason="test") as session:
            limit = Limit("notes.max", "Notes", "notes", 3, period=period)
            await declare_limits(session, "notes", [limit])

    await travel("2026-11-25 12:00Z")
    await consume("notes.max", 3)
    await declare("month")
    assert await consume("notes.max", 2) == 2
    await declare("day")
    assert await consume("notes.max", 1) == 1
    await declare("month")
    assert await consume("notes.max", 1) == 2
    await declare(None)
    assert await consume("notes.max", 1) == 3


async def test_a_plan_decides_while_it_lasts(sell, consume, usage, travel):
    await sell("notes.max", 5, starts_at="2026-11-10Z", ends_at="2026-11-20Z")
    for moment, maximum in (
        ("2026-11-09 23:59:59.999999Z", 3),
        ("2026-11-10 00:00:00Z", 5),
        ("2026-11-19 23:59:59.999999Z", 5),
        ("2026-11-20 00:00:00Z", 3),
    ):
        await travel(moment)
        assert (await usage("notes.max")).maximum == maximum
    await travel("2026-11-15 00:00Z")
    await consume("notes.max", 5)
    with pytest.raises(PlanLimitReached) as refused:
        await consume("notes.max")
    assert (refused.value.status, refused.value.extra["maximum"]) == (402, 5)
    await travel("2026-11-20 00:00Z")
    with pytest.raises(LimitReached) as refused:
        await consume("notes.max")
    assert (refused.value.status, refused.value.extra["used"]) == (409, 5)


async def test_of_several_plans_the_highest_holds(sell, usage):
    await sell("notes.open", 1)
    for value, maximum in ((0, 0), (2, 2), (7, 7), (1, 7), (None, None), (9, None)):
        await sell("notes.max", value)
        assert (await usage("notes.max")).maximum == maximum


async def test_a_plan_bounds_what_the_module_does_not(sell, consume):
    await sell("notes.open", 1)
    await consume("notes.open")
    with pytest.raises(PlanLimitReached):
        await consume("notes.open")


async def test_a_plan_of_nothing_refuses_the_first(sell, consume):
    await sell("notes.max", 0)
    with pytest.raises(PlanLimitReached):
        await consume("notes.max")


async def test_what_another_tenant_has_bought_is_not_ours(sell, usage):
    await sell("notes.max", 100, tenant="globex")
    assert (await usage("notes.max")).maximum == 3
