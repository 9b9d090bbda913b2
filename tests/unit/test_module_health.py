"""Modules are asked how they are; what they do then, and who asks how often, harms nobody."""

import asyncio
from contextlib import suppress

import pytest
from structlog.testing import capture_logs
from tochka_core.registry import health
from tochka_core.registry.health import CheckReport, ModuleHealth
from tochka_core.registry.module_door import Doors

NOWHERE = Doors(cache=None, neighbourhood=None, ring=None)


class FakeCandidate:
    package = "tochka_fake"


class FakeModule:
    candidate = FakeCandidate()

    def __init__(self, name, **checks):
        self.name, self.health = name, checks


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.05)


@pytest.fixture
def stale(monkeypatch):
    """Let no answer be good for another who asks."""
    return lambda: monkeypatch.setattr(health, "FRESH_SECONDS", 0)


def counting(act=None):
    """Return a check that counts how often it runs, and the count."""
    calls = []

    async def check(platform):
        calls.append(platform)
        if act is not None:
            await act()

    return check, calls


def raising(error):
    async def act():
        raise error

    return act


async def never_end():
    await asyncio.Event().wait()


ACTS = {
    "well": (None, "passed"),
    "raises": (raising(RuntimeError("no")), "failed"),
    "exits": (raising(SystemExit(3)), "failed"),
    "cancels": (raising(asyncio.CancelledError()), "failed"),
    "times out by itself": (raising(TimeoutError()), "failed"),
    "does not end": (never_end, "slow"),
}


@pytest.mark.parametrize(("act", "state"), ACTS.values(), ids=ACTS)
async def test_a_check_passes_fails_or_is_slow_and_the_log_says_why(act, state):
    check, _ = counting(act)
    well, _ = counting()
    asked = ModuleHealth([FakeModule("a", own=check, other=well)], stopped=set(), doors=NOWHERE)
    with capture_logs() as logs:
        report = await asked.report({"a"})
    assert report == {"a": [CheckReport("own", state), CheckReport("other", "passed")]}
    expected = [] if state == "passed" else [("a", "own", state)]
    assert [(line["module"], line["check"], line["state"]) for line in logs] == expected


async def test_one_answer_is_good_for_all_who_ask_for_a_while(stale):
    check, calls = counting()
    asked = ModuleHealth([FakeModule("a", own=check)], stopped=set(), doors=NOWHERE)
    await asyncio.gather(*(asked.report({"a"}) for _ in range(20)))
    await asked.report({"a"})
    assert len(calls) == 1
    stale()
    await asked.report({"a"})
    assert len(calls) == 2


async def test_a_check_that_cannot_be_stopped_runs_once(stale):
    stale()
    is_over = asyncio.Event()

    async def go_on():
        while not is_over.is_set():
            with suppress(asyncio.CancelledError):
                await is_over.wait()

    check, calls = counting(go_on)
    asked = ModuleHealth([FakeModule("a", own=check)], stopped=set(), doors=NOWHERE)
    for _ in range(3):
        assert await asked.report({"a"}) == {"a": [CheckReport("own", "slow")]}
    assert len(calls) == 1
    is_over.set()
    async with asked.running():
        pass


async def test_who_stops_waiting_stops_nobody_else(stale):
    started, may_end = asyncio.Event(), asyncio.Event()

    async def wait():
        started.set()
        await may_end.wait()

    check, calls = counting(wait)
    asked = ModuleHealth([FakeModule("a", own=check)], stopped=set(), doors=NOWHERE)
    first = asyncio.create_task(asked.report({"a"}))
    await started.wait()
    second = asyncio.create_task(asked.report({"a"}))
    first.cancel()
    may_end.set()
    assert await second == {"a": [CheckReport("own", "passed")]}
    assert len(calls) == 1


async def test_only_modules_that_serve_and_are_had_are_asked():
    check, calls = counting()
    modules = [FakeModule(name, own=check) for name in "abc"]
    stopped = set()
    asked = ModuleHealth(modules, stopped=stopped, doors=NOWHERE)
    stopped.add("b")
    assert await asked.report({"a", "b", "elsewhere"}) == {"a": [CheckReport("own", "passed")]}
    assert len(calls) == 1


async def test_what_runs_at_the_end_is_given_up():
    check, _ = counting(never_end)
    asked = ModuleHealth([FakeModule("a", own=check)], stopped=set(), doors=NOWHERE)
    before = asyncio.all_tasks()
    async with asked.running():
        asking = asyncio.create_task(asked.report({"a"}))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
