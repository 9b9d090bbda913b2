"""Another moment, in Python and in the test's database alike."""

from contextlib import asynccontextmanager

import time_machine
from tochka_core.testing.clock import set_clock


@asynccontextmanager
async def time_travel(engine, moment):
    """Let it be *moment*, and no later, in the block; what waits goes by another clock."""
    with time_machine.travel(moment, tick=False):
        await set_clock(engine, moment)
        try:
            yield
        finally:
            await set_clock(engine, None)
