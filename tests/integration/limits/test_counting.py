"""A count is exact, whoever counts at once, and is kept with the transaction or not at all."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tochka_core.http.database_errors import explain
from tochka_core.limits.declaring import declare_limits
from tochka_plugins import Limit, LimitReached, Limits, PlanLimitReached, Unavailable
from tochka_plugins.counting import UndeclaredLimit

MAX = 2**63 - 1


async def test_as_much_as_there_may_be_is_counted_and_no_more(consume, usage):
    assert [await consume("notes.max") for _ in range(3)] == [1, 2, 3]
    with pytest.raises(LimitReached) as refused:
        await consume("notes.max")
    assert not isinstance(refused.value, PlanLimitReached)
    assert refused.value.extra == {"limit": "notes.max", "maximum": 3, "used": 3, "reset": None}
    assert (await usage("notes.max")).used == 3


async def test_an_amount_is_counted_whole_or_not_at_all(consume, usage):
    await consume("notes.max", 2)
    with pytest.raises(LimitReached):
        await consume("notes.max", 2)
    assert (await usage("notes.max")).used == 2
    assert await consume("notes.max", 1) == 3


async def test_the_first_amount_may_already_be_too_much(consume, usage):
    with pytest.raises(LimitReached) as refused:
        await consume("notes.max", 4)
    assert refused.value.extra["used"] == 0
    assert (await usage("notes.max")).used == 0


async def test_each_tenant_has_its_own_count(consume, usage):
    await consume("notes.max", 3)
    assert await consume("notes.max", tenant="globex") == 1
    assert (await usage("notes.max")).used == 3


async def test_what_is_released_may_be_consumed_again(consume, counting):
    await consume("notes.max", 3)
    async with counting() as limits:
        assert (await limits.release("notes.max", 2)).used == 1
    assert await consume("notes.max", 2) == 3


async def test_no_count_falls_below_zero(consume, counting):
    async with counting() as limits:
        assert (await limits.release("notes.max")).used == 0
    for amount in (4, MAX, 2**200):
        await consume("notes.max", 3)
        async with counting() as limits:
            assert (await limits.release("notes.max", amount)).used == 0


async def test_nothing_is_always_possible(consume, counting):
    assert await consume("notes.max", 0) == 0
    await consume("notes.max", 3)
    assert await consume("notes.max", 0) == 3
    async with counting() as limits:
        assert (await limits.release("notes.max", 0)).used == 3


async def test_a_negative_amount_is_a_mistake_of_the_module(counting):
    async with counting() as limits:
        for count in (limits.consume, limits.release):
            with pytest.raises(ValueError, match="below zero"):
                await count("notes.max", -1)


async def test_a_limit_that_no_module_declares_is_a_mistake_of_the_module(counting):
    async with counting() as limits:
        for name in ("notes.min", "notes", "", "tochka.max", "notes.max'; --"):
            for count in (limits.consume, limits.release, limits.usage):
                with pytest.raises(UndeclaredLimit, match="No module that is ready declares"):
                    await count(name)


async def test_without_a_limit_it_is_counted_all_the_same(consume, usage):
    await consume("notes.open", 10**12)
    found = await usage("notes.open")
    assert (found.used, found.maximum) == (10**12, None)


async def test_more_than_can_be_stored_is_refused(consume):
    await consume("notes.open", 1)
    for amount in (MAX, MAX + 1, 2**200):
        with pytest.raises(LimitReached):
            await consume("notes.open", amount)
    assert await consume("notes.open", MAX - 1) == MAX


async def test_what_is_rolled_back_was_not_counted(counting, usage):
    with pytest.raises(RuntimeError):
        async with counting() as limits:
            await limits.consume("notes.max", 3)
            raise RuntimeError
    assert (await usage("notes.max")).used == 0


async def test_a_savepoint_takes_back_its_part(database, tenants, usage):
    async with database.tenant_scope(tenants["acme"]) as session:
        limits = Limits(session)
        await limits.consume("notes.max")
        async with session.begin_nested() as part:
            await limits.consume("notes.max")
            await part.rollback()
        assert (await limits.usage("notes.max")).used == 1
    assert (await usage("notes.max")).used == 1


async def test_one_transaction_counts_as_often_as_it_likes(counting, usage):
    async with counting() as limits:
        await limits.consume("notes.max", 2)
        await limits.release("notes.max")
        await limits.consume("notes.open")
        await limits.consume("notes.max", 2)
        with pytest.raises(LimitReached):
            await limits.consume("notes.max")
    assert (await usage("notes.max")).used == 3


async def test_who_counts_waits_for_who_has_counted_before(counting, consume):
    async with counting() as limits:
        await limits.consume("notes.max", 3)
        second = asyncio.create_task(consume("notes.max"))
        await asyncio.wait([second], timeout=0.2)
        assert not second.done()
        await limits.release("notes.max", 1)
    assert await second == 3


async def test_of_many_at_once_as_many_succeed_as_may(consume, usage):
    outcomes = await asyncio.gather(
        *(consume("notes.max") for _ in range(20)), return_exceptions=True
    )
    assert sorted(item for item in outcomes if isinstance(item, int)) == [1, 2, 3]
    assert sum(isinstance(item, LimitReached) for item in outcomes) == 17
    assert (await usage("notes.max")).used == 3


async def test_two_who_count_crosswise_do_not_wait_for_ever(counting, usage):
    have_begun = asyncio.Barrier(2)

    async def count(first, second):
        async with counting() as limits:
            await limits.consume(first)
            await have_begun.wait()
            await limits.consume(second)

    pair = ("notes.max", "notes.open")
    outcomes = await asyncio.gather(count(*pair), count(*reversed(pair)), return_exceptions=True)
    (failure,) = [item for item in outcomes if item is not None]
    assert isinstance(failure, DBAPIError)
    assert isinstance(explain(failure), Unavailable)
    assert [(await usage(name)).used for name in pair] == [1, 1]


async def test_a_limit_may_be_lowered_below_what_is_used(database, consume, counting, usage):
    await consume("notes.max", 3)
    async with database.platform_scope(reason="test") as session:
        await declare_limits(session, "notes", [Limit("notes.max", "Notes", "notes", 1)])
    found = await usage("notes.max")
    assert (found.used, found.maximum) == (3, 1)
    with pytest.raises(LimitReached) as refused:
        await consume("notes.max")
    assert (refused.value.extra["used"], refused.value.extra["maximum"]) == (3, 1)
    async with counting() as limits:
        await limits.release("notes.max", 3)
    assert await consume("notes.max") == 1


async def test_a_count_outlives_a_version_that_does_not_know_the_limit(database, consume, usage):
    await consume("notes.max", 3)
    async with database.platform_scope(reason="test") as session:
        await declare_limits(session, "notes", [])
    with pytest.raises(UndeclaredLimit):
        await consume("notes.max")
    async with database.platform_scope(reason="test") as session:
        await declare_limits(session, "notes", [Limit("notes.max", "Notes", "notes", 3)])
    assert (await usage("notes.max")).used == 3


async def test_the_platform_as_a_whole_has_no_limits(database):
    with pytest.raises(DBAPIError, match="in the scope of a tenant"):
        async with database.platform_scope(reason="test") as session:
            await Limits(session).consume("notes.max")


STATEMENTS = [
    "SELECT * FROM tochka.limit_usage",
    "UPDATE tochka.limit_usage SET used = 0",
    "DELETE FROM tochka.limit_usage",
    "INSERT INTO tochka.limit_usage VALUES (gen_random_uuid(), 'notes.open', now(), 9)",
    "UPDATE tochka.limits SET default_maximum = NULL",
    "INSERT INTO tochka.limits VALUES ('notes.mine', 'notes', 'Mine', 'notes', NULL, NULL)",
    "INSERT INTO tochka.limit_entitlements SELECT * FROM tochka.limit_entitlements",
    "SELECT * FROM tochka.effective_limit(gen_random_uuid(), 'notes.max')",
    "CREATE OR REPLACE FUNCTION tochka.clock() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
    "CREATE FUNCTION tochka.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION tochka.count_limit(text, numeric) SECURITY INVOKER",
    "DROP FUNCTION tochka.count_limit(text, numeric)",
]


async def test_a_module_reaches_neither_limits_nor_counts_by_sql(database, tenants, consume):
    await consume("notes.max", 3)
    for statement in STATEMENTS:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            async with database.tenant_scope(tenants["acme"]) as session:
                await session.execute(text(statement))


async def test_what_counts_looks_up_nothing_where_a_module_could_put_it(database, tenants):
    """A function that runs with its owner's rights must find its own names only."""
    async with database.tenant_scope(tenants["acme"]) as session:
        await session.execute(text("CREATE TEMP TABLE limit_usage (used bigint)"))
        await session.execute(text("SELECT set_config('search_path', 'pg_temp', true)"))
        assert (await Limits(session).consume("notes.max")).used == 1
