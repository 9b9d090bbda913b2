"""Another moment, in Python and in the test's database alike."""

from contextlib import asynccontextmanager

import time_machine
from sqlalchemy import text

_CLOCK = (
    "CREATE OR REPLACE FUNCTION tochka.clock() RETURNS timestamptz LANGUAGE sql STABLE"
    " PARALLEL SAFE AS '{}'"
)


@asynccontextmanager
async def time_travel(engine, moment):
    """Let it be *moment*, and no later, in the block; what waits goes by another clock."""
    with time_machine.travel(moment, tick=False):
        await _set_clock(engine, f"SELECT timestamptz ''{moment.isoformat()}''")
        try:
            yield
        finally:
            await _set_clock(engine, "SELECT now()")


async def _set_clock(engine, statement):
    async with engine.begin() as connection:
        await connection.execute(text(_CLOCK.format(statement)))
