"""A connection that hears of changes no more is not relied on."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import make_url
from tochka_core import backoff
from tochka_core.access import listener as listener_module
from tochka_core.access.cache import Cache
from tochka_core.access.listener import Listener

DEADLINE_SECONDS = 30


class Driver:
    """A connection of the driver, as far as the listener uses it."""

    def __init__(self):
        self.asked = 0
        self._holds = False
        self._answer = None
        self._is_closed = False
        self._lose = self.hear = None

    @property
    def is_waiting(self):
        return self._answer is not None

    def hold(self):
        """Answer nothing before being told to."""
        self._holds = True

    def answer(self, error=None):
        if error is None:
            self._answer.set_result(None)
        else:
            self._answer.set_exception(error)

    def is_closed(self):
        return self._is_closed

    def add_termination_listener(self, callback):
        self._lose = callback

    async def add_listener(self, channel, callback):
        self.hear = lambda message: callback(self, 1, channel, message)

    async def execute(self, _statement):
        if self.is_waiting:
            raise RuntimeError("another operation is in progress")
        self.asked += 1
        self._answer = asyncio.get_running_loop().create_future()
        if not self._holds:
            asyncio.get_running_loop().call_soon(self.answer)
        try:
            await self._answer
        finally:
            self._answer = None

    def terminate(self):
        self._is_closed = True
        if self.is_waiting:
            self.answer(ConnectionError())
        asyncio.get_running_loop().call_soon(self._lose, self)


@pytest.fixture
def cache():
    return Cache(None)


@pytest.fixture
async def drivers(cache, monkeypatch):
    """The connections that a running listener has opened."""
    drivers = []

    @asynccontextmanager
    async def connected(_listener):
        drivers.append(Driver())
        yield drivers[-1]

    monkeypatch.setattr(Listener, "_connected", connected)
    monkeypatch.setattr(listener_module, "_HEARTBEAT_SECONDS", 0.001)
    monkeypatch.setattr(listener_module, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(backoff, "_FIRST_SECONDS", 0.001)
    return drivers


@pytest.fixture
async def listener(cache, drivers):
    listener = Listener(make_url("postgresql+asyncpg://"), cache)
    async with listener.listening():
        yield listener


async def until(is_so):
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            if is_so():
                return
            await asyncio.sleep(0)


@pytest.mark.parametrize("message", ["person 1", "person"])
async def test_what_is_told_is_forgotten(cache, drivers, listener, message):
    assert cache.is_listening
    cache.answers("person", "1")[()] = "Anna"
    cache.answers("place", "1")[()] = "acme"
    drivers[0].hear(message)
    assert cache.answers("person", "1") == {}
    assert cache.answers("place", "1") == {(): "acme"}


async def test_a_connection_that_is_lost_is_opened_again(cache, drivers, listener):
    drivers[0].terminate()
    await until(lambda: not cache.is_listening)
    await until(lambda: cache.is_listening)
    assert len(drivers) == 2


async def test_a_connection_that_answers_no_more_counts_as_lost(cache, drivers, listener):
    await until(lambda: drivers[0].asked)
    drivers[0].hold()
    await until(lambda: not cache.is_listening)
    assert drivers[0].is_closed()
    await until(lambda: cache.is_listening)


async def test_who_catches_up_waits_no_longer_than_for_a_lost_connection(cache, drivers, listener):
    drivers[0].hold()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await asyncio.gather(*(listener.catch_up() for _ in range(5)))
    assert drivers[0].is_closed()


async def test_who_is_cancelled_while_catching_up_harms_nobody(cache, drivers, listener):
    for _ in range(20):
        waiting = [asyncio.create_task(listener.catch_up()) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(result) for result in results] == [asyncio.CancelledError] + [type(None)] * 4
    assert cache.is_listening
    assert len(drivers) == 1


@pytest.fixture
def quiet(drivers, monkeypatch):
    """Let nobody but the test try the connection."""
    monkeypatch.setattr(listener_module, "_HEARTBEAT_SECONDS", DEADLINE_SECONDS)
    monkeypatch.setattr(listener_module, "_PATIENCE_SECONDS", DEADLINE_SECONDS)


async def test_those_who_wait_share_a_round_trip_that_begins_after_they_came(
    drivers, quiet, listener
):
    (driver,) = drivers
    driver.hold()
    early = [asyncio.create_task(listener.catch_up()) for _ in range(5)]
    await until(lambda: driver.is_waiting)
    late = [asyncio.create_task(listener.catch_up()) for _ in range(5)]
    await asyncio.sleep(0)
    driver.answer()
    await asyncio.gather(*early)
    assert not any(task.done() for task in late)
    await until(lambda: driver.is_waiting)
    driver.answer()
    await asyncio.gather(*late)
    assert driver.asked == 2


async def test_an_answer_that_is_an_error_counts_as_a_loss(drivers, quiet, listener):
    drivers[0].hold()
    waiting = asyncio.create_task(listener.catch_up())
    await until(lambda: drivers[0].is_waiting)
    drivers[0].answer(RuntimeError())
    await waiting
    assert drivers[0].is_closed()


async def test_where_there_is_no_connection_nothing_is_kept_and_all_goes_on(cache, monkeypatch):
    @asynccontextmanager
    async def refused(_listener):
        raise ConnectionRefusedError
        yield

    monkeypatch.setattr(Listener, "_connected", refused)
    listener = Listener(make_url("postgresql+asyncpg://"), cache)
    async with listener.listening():
        await listener.catch_up()
        assert not cache.is_listening
