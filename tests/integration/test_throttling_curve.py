"""The delays, for allowances of any kind and tries at any time."""

import math
from itertools import count

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tochka_core.throttling.allowances import Allowance
from tochka_core.throttling.services import TryCounter
from tochka_plugins import TooManyRequests

UNSURE_SECONDS = 20
"""Longer than the statements of one example take: nearer to a change nothing is expected."""

SEVERAL = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def allowances(draw):
    first = draw(st.integers(60, 1000))
    return Allowance(
        name="door",
        free_tries=draw(st.integers(1, 4)),
        first_delay_seconds=first,
        max_delay_seconds=first * draw(st.floats(1, 20)),
        forget_seconds=draw(st.integers(100, 20_000)),
    )


@pytest.fixture
def attempt(database):
    """Try once, so many seconds after the last try; return how long to wait, 0 for not at all."""
    counter = TryCounter(database, secret="secret")

    async def attempt(allowance, subject, *, after):
        async with database.platform_scope(reason="test") as session:
            await session.execute(
                text(
                    "UPDATE tochka.throttles SET forgotten_at = forgotten_at - age,"
                    " blocked_until = blocked_until - age FROM make_interval(secs => :age) AS age"
                ),
                {"age": after},
            )
        try:
            await counter.take((allowance, subject))
        except TooManyRequests as error:
            return error.retry_after_seconds
        return 0

    return attempt


@pytest.fixture
def subjects():
    return map(str, count())


class Model:
    """What one subject is owed, in seconds since the beginning."""

    def __init__(self, allowance):
        self.allowance = allowance
        self.now = self.forgotten = self.blocked = 0.0

    def attempt(self, after):
        """Return how long to wait, 0 for not at all, and how far from another answer it is."""
        rule = self.allowance
        self.now += after
        wait = self.blocked - self.now
        if wait > 0:
            return wait, wait
        self.forgotten = max(self.forgotten, self.now) + rule.forget_seconds
        self.forgotten = min(self.forgotten, self.now + rule.counted_tries * rule.forget_seconds)
        made = (self.forgotten - self.now) / rule.forget_seconds
        doublings = math.ceil(made) - rule.free_tries
        distance = min((made % 1 or 1) * rule.forget_seconds, -wait if self.blocked else math.inf)
        if doublings >= 0:
            delay = rule.first_delay_seconds * 2**doublings
            self.blocked = self.now + min(delay, rule.max_delay_seconds)
        else:
            self.blocked = 0.0
        return 0, distance


@SEVERAL
@given(allowances(), st.lists(st.integers(0, 4000) | st.just(0), min_size=4, max_size=10))
async def test_a_try_waits_as_long_as_those_before_it_demand(attempt, subjects, allowance, pauses):
    subject, model = next(subjects), Model(allowance)
    for pause in pauses:
        expected, distance = model.attempt(pause)
        assume(distance > UNSURE_SECONDS)
        found = await attempt(allowance, subject, after=pause)
        assert expected - UNSURE_SECONDS <= found <= math.ceil(expected)


@SEVERAL
@given(allowances(), st.integers(5, 12))
async def test_who_never_gives_up_gets_no_more_than_a_bounded_rate(
    attempt, subjects, allowance, tries
):
    subject, seconds, made = next(subjects), 0, 0
    pause = 0
    while made < tries:
        seconds += pause
        pause = await attempt(allowance, subject, after=pause)
        made += pause == 0
        assert pause <= math.ceil(allowance.max_delay_seconds)
    slowest = min(allowance.max_delay_seconds, allowance.forget_seconds)
    assert made <= allowance.counted_tries + 1 + seconds / slowest
