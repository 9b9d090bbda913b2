"""What people get by phone in a test."""

import asyncio

WAIT_SECONDS = 30
"""Reached only when nothing comes."""


class Inbox:
    """Takes what is sent, as the test module delivers it."""

    def __init__(self):
        self._messages = asyncio.Queue()

    async def deliver(self, message):
        self._messages.put_nowait(message)
        return True

    async def next(self):
        """Return the next message, which may be on its way."""
        async with asyncio.timeout(WAIT_SECONDS):
            return await self._messages.get()

    @property
    def is_empty(self):
        return self._messages.empty()
