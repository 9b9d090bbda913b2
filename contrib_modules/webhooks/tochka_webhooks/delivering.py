"""Delivering what is due, as long as a worker serves."""

import asyncio
import logging
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import UUID

from tochka_plugins import ModuleNotOpen, Platform

from tochka_webhooks.destinations import Destinations
from tochka_webhooks.names import Crowded
from tochka_webhooks.outcome import record
from tochka_webhooks.queue import Due, Parcel, claim, find_due, put_back
from tochka_webhooks.sending import Answer, Sender
from tochka_webhooks.signing import signed_headers
from tochka_webhooks.turns import ENDPOINTS_AT_ONCE, take_turns

PARCELS_AT_ONCE: Final = 8
"""How many requests one endpoint gets at the same time, from one worker."""

_TRANSACTIONS_AT_ONCE: Final = 3
"""The connections to the database are there for requests first of all."""

_CLOSED_SECONDS: Final = 10.0
"""How long a tenant that the module is not open to is passed over, before it is looked at again."""

_FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 2.0
"""How long something may have been due before a worker that has found nothing looks again."""

_ENDING_SECONDS: Final = 3.0
"""How long a worker that ends waits for the answers that are under way."""

_log = logging.getLogger(__name__)


class Courier:
    """Looks for what is due for any tenant, sends it, and writes down what has come of it.

    There may be any number of them, in as many workers. At least once: what was sent while the
    worker died before it could write that down is sent again.
    """

    def __init__(self, platform: Platform, sender: Sender, destinations: Destinations) -> None:
        """Deliver what *platform* keeps, by *sender*, which sends to *destinations*."""
        self._platform = platform
        self._sender = sender
        self._destinations = destinations
        self._under_way: dict[Due, asyncio.Task[bool]] = {}
        self._closed: dict[UUID, float] = {}
        self._transactions = asyncio.Semaphore(_TRANSACTIONS_AT_ONCE)
        self._news = asyncio.Event()

    def hurry(self) -> None:
        """Look again at once, and then often: something may soon be due."""
        self._news.set()

    def reconsider(self) -> None:
        """Look again at tenants that were passed over: the module may soon be open to them."""
        self._closed.clear()
        self.hurry()

    async def work(self) -> None:
        """Deliver until cancelled, and let go of what has not ended soon after."""
        pause = _FIRST_PAUSE_SECONDS
        is_failing = False
        try:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                if self._news.is_set():
                    self._news.clear()
                    pause = _FIRST_PAUSE_SECONDS
                try:
                    await self._begin()
                    is_failing = False
                except Exception:  # noqa: BLE001 - the database may be well again the next time
                    # Told when it begins: until it ends, each look would tell the same.
                    if not is_failing:
                        _log.exception("webhooks: cannot look for what is due")
                    is_failing = True
        finally:
            await self._end()

    async def deliver_due(self) -> None:
        """Deliver what is due now, as far as one turn of each endpoint goes."""
        if under_way := await self._begin():
            await asyncio.wait(under_way)

    async def _begin(self) -> Collection[asyncio.Task[bool]]:
        """Begin a turn of each endpoint for which something is due, as far as there is room."""
        if len(self._under_way) >= ENDPOINTS_AT_ONCE:
            return []
        begun = take_turns(await self._find(), self._under_way)
        for due in begun:
            task = asyncio.create_task(self._visit(due))
            self._under_way[due] = task
            task.add_done_callback(partial(self._leave, due))
        return [self._under_way[due] for due in begun]

    async def _find(self) -> Collection[Due]:
        now = time.monotonic()
        self._closed = {item: until for item, until in self._closed.items() if until > now}
        async with (
            self._transactions,
            self._platform.platform_scope(reason="look for webhooks that are due") as session,
        ):
            return await find_due(session, at=datetime.now(UTC), passed_over=self._closed)

    def _leave(self, due: Due, visit: asyncio.Task[bool]) -> None:
        del self._under_way[due]
        if not visit.cancelled() and visit.result():
            self._news.set()

    async def _visit(self, due: Due) -> bool:
        """Deliver some of what is due for an endpoint; return whether there may be more."""
        try:
            parcels = await self._claim(due)
            if parcels and not await self._prepare(due, parcels):
                return False
        except ModuleNotOpen:
            self._closed[due.tenant_id] = time.monotonic() + _CLOSED_SECONDS
            return False
        except Exception:  # noqa: BLE001 - the database may be well again the next time
            _log.exception("webhooks: cannot take in hand what is due for %s", due.endpoint_id)
            return False
        await asyncio.gather(*(self._deliver(due, parcel) for parcel in parcels))
        return bool(parcels)

    async def _claim(self, due: Due) -> Sequence[Parcel]:
        if await self._platform.find_tenant(due.tenant_id) is None:
            raise ModuleNotOpen("webhooks", due.tenant_id)
        async with self._transactions, self._platform.tenant_scope(due.tenant_id) as session:
            now = datetime.now(UTC)
            until = now + self._sender.settings.claim
            return await claim(
                session, due.endpoint_id, at=now, until=until, at_most=PARCELS_AT_ONCE
            )

    async def _prepare(self, due: Due, parcels: Sequence[Parcel]) -> bool:
        """Find where the endpoint is, or put back what is for it: nobody is to blame then."""
        try:
            await self._destinations.prepare(parcels[0].url, due.tenant_id)
        except Crowded:
            async with self._transactions, self._platform.tenant_scope(due.tenant_id) as session:
                await put_back(session, parcels, at=datetime.now(UTC))
            return False
        return True

    async def _deliver(self, due: Due, parcel: Parcel) -> None:
        began_at = datetime.now(UTC)
        try:
            answer = await self._send(parcel, began_at)
            async with self._transactions, self._platform.tenant_scope(due.tenant_id) as session:
                await record(session, parcel, answer, began_at=began_at)
        except ModuleNotOpen:
            _log.info("webhooks: closed to the tenant while %s was sent", parcel.delivery_id)
        except Exception:  # noqa: BLE001 - it is due again when the claim has ended
            _log.exception("webhooks: cannot deliver %s, or write it down", parcel.delivery_id)

    async def _send(self, parcel: Parcel, at: datetime) -> Answer:
        if not parcel.secrets:
            return Answer(error="The secret of the endpoint cannot be read here; rotate it.")
        payload = parcel.payload.encode()
        headers = signed_headers(parcel.message_id, at, payload, parcel.secrets)
        try:
            return await self._sender.post(parcel.url, payload, headers, at=at)
        except Crowded:
            raise
        except Exception as error:  # noqa: BLE001 - one more that fails, or it would never end
            _log.exception("webhooks: cannot send %s", parcel.delivery_id)
            return Answer(error=f"It cannot be sent: {type(error).__name__}.")

    async def _end(self) -> None:
        under_way = [*self._under_way.values()]
        if not under_way:
            return
        _, late = await asyncio.wait(under_way, timeout=_ENDING_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
