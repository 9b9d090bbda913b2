"""What is tried again, how often, and what is not."""

import pytest
from sqlalchemy.exc import DBAPIError
from tochka_migrations.patience import Patience, StillLocked, try_patiently

PATIENCE = Patience(pauses_seconds=(0, 0))


class DriverError(Exception):
    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class Work:
    """Fails with each of the states given, then succeeds."""

    def __init__(self, *states):
        self.states = list(states)
        self.tries = 0

    async def __call__(self):
        self.tries += 1
        if self.states:
            raise DBAPIError("LOCK\n  TABLE t", None, DriverError(self.states.pop(0)))


@pytest.mark.parametrize("state", ["55P03", "40P01"])
async def test_locks_and_deadlocks_are_tried_again(state):
    work = Work(state, state)
    await try_patiently(work, PATIENCE)
    assert work.tries == 3


async def test_after_the_last_try_the_statement_is_named():
    work = Work("55P03", "40P01", "55P03")
    with pytest.raises(StillLocked, match=r"tried 3 times.*LOCK TABLE t"):
        await try_patiently(work, PATIENCE)


@pytest.mark.parametrize("states", [["23505"], ["55P03", "55P03", "23505"]])
async def test_another_failure_is_final(states):
    work = Work(*states)
    with pytest.raises(DBAPIError, match="23505"):
        await try_patiently(work, PATIENCE)
    assert work.tries == len(states)
