"""Finding the addresses of names, at name servers that may be slow on purpose."""

import asyncio
import socket
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from ipaddress import ip_address
from typing import Final, TypeAlias
from uuid import UUID

from tochka_plugins.addresses import Address

LOOKUPS_AT_ONCE: Final = 32
"""Each takes a thread until the name servers have answered, however soon it is given up."""

LOOKUPS_OF_A_TENANT: Final = 2
"""Far fewer than there are threads, so that a tenant whose names are slow keeps itself waiting."""

_KNOWN_SECONDS: Final = 5.0
"""How long an answer is good for: all that is sent in one turn, and no second attempt of it."""

_Lookup: TypeAlias = "asyncio.Future[Sequence[Address]]"


class Crowded(Exception):
    """Nobody has asked yet: others are asking, and the time to wait for them is up."""


class Unanswered(Exception):
    """The name servers have been asked, and the time to answer is up."""


class Names:
    """Looks names up for tenants, each of which has its share of the threads.

    One event loop may use it.
    """

    def __init__(self) -> None:
        """Know no name yet."""
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="webhooks-lookup")
        self._room = asyncio.Semaphore(LOOKUPS_AT_ONCE)
        self._shares: defaultdict[UUID | None, asyncio.Semaphore] = defaultdict(
            partial(asyncio.Semaphore, LOOKUPS_OF_A_TENANT)
        )
        self._under_way: dict[tuple[str, UUID | None], _Lookup] = {}
        self._known: dict[str, tuple[float, Sequence[Address] | None]] = {}

    async def look_up(self, name: str, seconds: float, tenant_id: UUID | None) -> Sequence[Address]:
        """Return the addresses of *name*; there may be none.

        What was found, or not, a moment ago is found again without asking. The name servers have
        *seconds* to answer, and half of that may pass before they are asked.

        Raises:
            Crowded: they were not asked.
            Unanswered: they were.
        """
        if name not in self._known or self._known[name][0] < time.monotonic():
            lookup = self._under_way.get((name, tenant_id))
            lookup = lookup or await self._begin(name, seconds / 2, tenant_id)
            # One that is late goes on, and whoever asks again waits for the same.
            await asyncio.wait([lookup], timeout=seconds)
            self._note(name, lookup.result() if lookup.done() else None)
        _, found = self._known[name]
        if found is None:
            raise Unanswered(name)
        return found

    def close(self) -> None:
        """Look nothing up any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _begin(self, name: str, seconds: float, tenant_id: UUID | None) -> _Lookup:
        """Ask when there is room, which is kept until there is an answer."""
        asked = name, tenant_id
        with ExitStack() as room:
            try:
                async with asyncio.timeout(seconds):
                    for limit in (self._shares[tenant_id], self._room):
                        await limit.acquire()
                        room.callback(limit.release)
            except TimeoutError:
                raise Crowded(name) from None
            if asked in self._under_way:
                return self._under_way[asked]
            lookup = asyncio.get_running_loop().run_in_executor(self._threads, _ask, name)
            self._under_way[asked] = lookup
            room.callback(self._under_way.pop, asked)
            kept = room.pop_all()
            lookup.add_done_callback(lambda _: kept.close())
            return lookup

    def _note(self, name: str, found: Sequence[Address] | None) -> None:
        now = time.monotonic()
        self._known = {known: item for known, item in self._known.items() if item[0] >= now}
        self._known[name] = now + _KNOWN_SECONDS, found


def _ask(name: str) -> Sequence[Address]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return []
    return [ip_address(item) for item in dict.fromkeys(str(item[4][0]) for item in found)]
