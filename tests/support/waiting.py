"""Waiting for what is so in the end."""

import asyncio

DEADLINE_SECONDS = 30


async def eventually(holds):
    """Return once *holds*, a coroutine function, answers that it does."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.001)
