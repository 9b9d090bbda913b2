"""Tries, counted on a real database."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tochka_core.db import Database
from tochka_core.throttling.allowances import Allowance
from tochka_core.throttling.services import TRIES_BETWEEN_CLEANINGS, TryCounter
from tochka_core.throttling.statements import TAKE
from tochka_plugins import NotAuthenticated, TooManyRequests, Unavailable

DOOR = Allowance(
    name="door",
    free_tries=3,
    first_delay_seconds=30,
    max_delay_seconds=100,
    forget_seconds=3600,
)
STREET = Allowance.rate("street", burst=5, each_seconds=60)


@pytest.fixture
def counter(database):
    return TryCounter(database, secret="secret")


@pytest.fixture
def run(database):
    async def run(statement, **parameters):
        async with database.platform_scope(reason="test") as session:
            return await session.execute(text(statement), parameters)

    return run


@pytest.fixture
def pass_time(run):
    """Let the tries made so far be older."""

    async def pass_time(seconds):
        await run(
            "UPDATE tochka.throttles SET forgotten_at = forgotten_at - age,"
            " blocked_until = blocked_until - age, expires_at = expires_at - age"
            " FROM make_interval(secs => :seconds) AS age",
            seconds=seconds,
        )

    return pass_time


@pytest.fixture
def succeed(counter, database):
    async def succeed(*tries):
        async with database.platform_scope(reason="test") as session:
            await counter.succeed(session, *tries)

    return succeed


async def _take_all(counter, *tries):
    """Take tries until there are none; return how many there were, and the wait."""
    taken = 0
    while True:
        try:
            await counter.take(*tries)
        except TooManyRequests as error:
            return taken, error.retry_after_seconds
        taken += 1


async def test_after_the_free_tries_each_wait_is_twice_the_last_up_to_the_longest(
    counter, pass_time
):
    assert await _take_all(counter, (DOOR, "anna")) == (3, 30)
    for wait in (60, 100, 100):
        await pass_time(wait)
        assert await _take_all(counter, (DOOR, "anna")) == (1, wait)


async def test_who_is_refused_waits_no_longer_for_it(counter, pass_time):
    await _take_all(counter, (DOOR, "anna"))
    await pass_time(20)
    assert await _take_all(counter, (DOOR, "anna")) == (0, 10)


async def test_tries_are_forgotten_one_after_another(counter, pass_time):
    await _take_all(counter, (DOOR, "anna"))
    await pass_time(2 * 3600)
    assert await _take_all(counter, (DOOR, "anna")) == (2, 30)


async def test_who_has_tried_for_long_is_forgiven_as_soon_as_others(counter, pass_time):
    for _ in range(12):
        await _take_all(counter, (DOOR, "anna"))
        await pass_time(100)
    await pass_time(DOOR.counted_tries * 3600)
    assert await _take_all(counter, (DOOR, "anna")) == (3, 30)


async def test_a_rate_is_a_burst_and_then_one_try_at_a_time(counter, pass_time):
    assert await _take_all(counter, (STREET, "here")) == (5, 60)
    for _ in range(3):
        await pass_time(60)
        assert await _take_all(counter, (STREET, "here")) == (1, 60)


async def test_subjects_and_allowances_do_not_share_their_tries(counter):
    await _take_all(counter, (DOOR, "anna"))
    assert await _take_all(counter, (DOOR, "ivan")) == (3, 30)
    assert await _take_all(counter, (STREET, "anna")) == (5, 60)


async def test_who_has_to_wait_for_one_uses_up_none_of_the_others(counter):
    await _take_all(counter, (DOOR, "anna"))
    for _ in range(10):
        with pytest.raises(TooManyRequests):
            await counter.take((STREET, "here"), (DOOR, "anna"))
    assert await _take_all(counter, (STREET, "here")) == (5, 60)


async def test_the_longest_wait_is_told(counter):
    await _take_all(counter, (DOOR, "anna"))
    await _take_all(counter, (STREET, "here"))
    assert await _take_all(counter, (DOOR, "anna"), (STREET, "here")) == (0, 60)


async def test_a_success_clears_the_door_but_not_the_street(counter, succeed):
    both = (DOOR, "anna"), (STREET, "here")
    await counter.take(*both)
    await counter.take(*both)
    await succeed(*both)
    assert await _take_all(counter, (DOOR, "anna")) == (3, 30)
    assert await _take_all(counter, (STREET, "here")) == (4, 60)


async def test_what_blocked_by_a_try_that_succeeds_is_open_again(counter, succeed):
    await _take_all(counter, (STREET, "here"))
    await succeed((STREET, "here"))
    assert await _take_all(counter, (STREET, "here")) == (1, 60)


async def test_a_try_that_was_not_looked_at_is_not_counted(counter):
    await counter.take((DOOR, "anna"))
    for _ in range(5):
        with pytest.raises(Unavailable):
            async with counter.counted((DOOR, "anna"), (STREET, "here")):
                raise Unavailable("Come back.", retry_after_seconds=1)
    assert await _take_all(counter, (DOOR, "anna")) == (2, 30)
    assert await _take_all(counter, (STREET, "here")) == (5, 60)


@pytest.mark.parametrize("outcome", [NotAuthenticated("no"), asyncio.CancelledError()])
async def test_a_try_that_fails_or_is_given_up_is_counted(counter, outcome):
    with pytest.raises(type(outcome)):
        async with counter.counted((DOOR, "anna")):
            raise outcome
    assert await _take_all(counter, (DOOR, "anna")) == (2, 30)


async def test_of_many_tries_at_once_as_many_get_through_as_are_allowed(settings):
    # Each pool is a worker's.
    is_pooled = settings.pooler_url is not None
    databases = [Database(settings.request_url, pool_size=5, is_pooled=is_pooled) for _ in range(2)]
    counters = [TryCounter(database, secret="secret") for database in databases]

    async def attempt(number):
        # Different orders, so that they would wait in a circle if the order mattered.
        tries = [(DOOR, "anna"), (STREET, "here"), (STREET, "there")]
        order = tries if number % 3 else tries[::-1]
        try:
            await counters[number % 2].take(*order)
        except TooManyRequests as error:
            return error.retry_after_seconds
        return 0

    waits = await asyncio.gather(*(attempt(number) for number in range(60)))
    assert waits.count(0) == DOOR.free_tries
    assert set(waits) <= {0, *range(20, 31)}
    assert await _take_all(counters[0], (STREET, "here")) == (2, 60)
    for database in databases:
        await database.dispose()


async def test_tries_in_any_order_do_not_wait_in_a_circle(counter):
    wide = Allowance.rate("wide", burst=1000, each_seconds=60)
    tries = [(wide, str(number)) for number in range(8)]
    takes = (counter.take(*tries[:: 1 if n % 2 else -1]) for n in range(40))
    assert await asyncio.gather(*takes) == [None] * 40


@pytest.mark.parametrize("subject", ["", "x" * 1_000_000, "\0", "\ud800", "Анна"], ids=len)
async def test_a_subject_is_any_text(counter, run, subject):
    assert await _take_all(counter, (DOOR, subject)) == (3, 30)
    rows = (await run("SELECT octet_length(subject) FROM tochka.throttles")).scalars().all()
    assert rows == [32]


async def test_a_subject_cannot_be_told_from_the_table_without_the_secret(database, run):
    await TryCounter(database, secret="one").take((DOOR, "anna"))
    await TryCounter(database, secret="other").take((DOOR, "anna"))
    subjects = (await run("SELECT subject FROM tochka.throttles")).scalars().all()
    assert len(set(subjects)) == 2
    assert not any(b"anna" in subject for subject in subjects)


async def test_the_table_holds_no_more_than_is_remembered(counter, run, pass_time):
    for number in range(TRIES_BETWEEN_CLEANINGS - 1):
        await counter.take((DOOR, str(number)), (STREET, str(number)))
    await pass_time(3 * 3600)
    await counter.take((DOOR, "last"))
    rows = (await run("SELECT allowance FROM tochka.throttles")).scalars().all()
    assert rows == ["door"]


async def test_a_try_that_is_taken_back_leaves_nothing(counter, run, succeed):
    for number in range(TRIES_BETWEEN_CLEANINGS - 1):
        await counter.take((STREET, str(number)))
        await succeed((STREET, str(number)))
    await counter.take((DOOR, "last"))
    rows = (await run("SELECT allowance FROM tochka.throttles")).scalars().all()
    assert rows == ["door"]


async def test_who_hangs_with_a_row_does_not_keep_others_for_ever(counter, engine):
    old, new = (DOOR, "anna"), (DOOR, "ivan")
    await counter.take(old)
    # As a frozen worker.
    async with engine.connect() as frozen:
        await frozen.execute(TAKE, counter._asked([old, new]))
        outcomes = await asyncio.gather(
            counter.take(old), counter.take(new), return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [DBAPIError, DBAPIError]
    assert all("lock timeout" in str(outcome) for outcome in outcomes)


async def test_a_try_that_is_remembered_is_kept(counter, run, pass_time):
    await counter.take((DOOR, "anna"))
    await pass_time(3599)
    for number in range(TRIES_BETWEEN_CLEANINGS):
        await counter.take((STREET, str(number)))
    count = await run("SELECT count(*) FROM tochka.throttles WHERE allowance = 'door'")
    assert count.scalar() == 1
