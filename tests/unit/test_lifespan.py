"""A module that cannot be started or stopped takes nothing with it."""

import asyncio
import sys
from contextlib import suppress

import pytest
from structlog.testing import capture_logs
from tochka_core.registry.lifespan import running_modules
from tochka_core.registry.module_door import Doors

NEVER = 60
NOWHERE = Doors(cache=None, neighbourhood=None, ring=None)


class FakeCandidate:
    package = "tochka_fake"


class FakeModule:
    """A module that does something in one of its hooks and remembers all of them."""

    candidate = FakeCandidate()

    def __init__(self, name, called, **acts):
        self.name, self.called, self.acts = name, called, acts
        self.hooks = self

    async def call_async(self, hook, **_arguments):
        self.called.append((self.name, hook))
        if hook in self.acts:
            await self.acts[hook]()


def raising(error):
    async def act():
        raise error

    return act


async def forever():
    await asyncio.Event().wait()


async def lived(called, *modules, seconds=NEVER):
    """Start and stop modules; return those that were stopped and what was logged."""
    stopped = set()
    with capture_logs() as logs:
        async with running_modules(modules, doors=NOWHERE, hook_seconds=seconds, stopped=stopped):
            called.append("serving")
    return stopped, [(line["event"], line["module"], line["reason"]) for line in logs]


ERRORS = [RuntimeError("no"), SystemExit(3), asyncio.CancelledError("no"), BaseException("no")]


async def test_modules_start_in_order_and_stop_in_the_opposite_one():
    called = []
    assert await lived(called, FakeModule("a", called), FakeModule("b", called)) == (set(), [])
    assert called == [
        *(("a", "tochka_startup"), ("b", "tochka_startup"), "serving"),
        *(("b", "tochka_shutdown"), ("a", "tochka_shutdown")),
    ]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
async def test_a_startup_that_fails_stops_its_module_only(error):
    called = []
    bad = FakeModule("bad", called, tochka_startup=raising(error))
    stopped, logs = await lived(called, bad, FakeModule("good", called))
    assert stopped == {"bad"}
    assert logs == [("module not started", "bad", f"{type(error).__name__}: {error}")]
    assert ("good", "tochka_startup") in called
    assert called[-2:] == ["serving", ("good", "tochka_shutdown")]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
async def test_a_shutdown_that_fails_keeps_no_other_from_its_own(error):
    called = []
    bad = FakeModule("bad", called, tochka_shutdown=raising(error))
    stopped, logs = await lived(called, FakeModule("good", called), bad)
    assert stopped == set()
    assert logs == [("shutdown failed", "bad", f"{type(error).__name__}: {error}")]
    assert called[-2:] == [("bad", "tochka_shutdown"), ("good", "tochka_shutdown")]


async def test_a_hook_that_does_not_end_is_given_up():
    called = []
    slow = FakeModule("slow", called, tochka_startup=forever)
    stuck = FakeModule("stuck", called, tochka_shutdown=forever)
    stopped, logs = await lived(called, slow, stuck, seconds=0.01)
    assert stopped == {"slow"}
    assert logs == [
        ("module not started", "slow", "tochka_startup takes longer than 0.01 s"),
        ("shutdown failed", "stuck", "tochka_shutdown takes longer than 0.01 s"),
    ]


async def test_a_hook_that_passes_over_being_given_up_has_failed_all_the_same():
    async def go_on():
        with suppress(asyncio.CancelledError):
            await forever()

    called = []
    deaf = FakeModule("deaf", called, tochka_startup=go_on)
    stopped, logs = await lived(called, deaf, seconds=0.01)
    assert stopped == {"deaf"}
    assert logs == [("module not started", "deaf", "tochka_startup takes longer than 0.01 s")]


async def test_a_timeout_of_the_modules_own_is_told_as_such():
    called = []
    own = FakeModule("own", called, tochka_startup=raising(TimeoutError("the mail server")))
    _, logs = await lived(called, own)
    assert logs[0][2] == "TimeoutError: the mail server"


@pytest.mark.parametrize("hook", ["tochka_startup", "tochka_shutdown"])
async def test_who_cancels_the_whole_is_obeyed(hook):
    called, reached = [], asyncio.Event()

    async def wait():
        reached.set()
        await forever()

    life = asyncio.create_task(lived(called, FakeModule("slow", called, **{hook: wait})))
    await reached.wait()
    life.cancel()
    with pytest.raises(asyncio.CancelledError):
        await life


async def test_modules_are_stopped_also_when_the_serving_is_cancelled():
    called, serving = [], asyncio.Event()
    bad = FakeModule("bad", called, tochka_shutdown=raising(asyncio.CancelledError()))

    async def serve():
        modules = [FakeModule("good", called), bad]
        async with running_modules(modules, doors=NOWHERE, hook_seconds=NEVER, stopped=set()):
            serving.set()
            await forever()

    life = asyncio.create_task(serve())
    await serving.wait()
    life.cancel()
    with pytest.raises(asyncio.CancelledError):
        await life
    assert called[-2:] == [("bad", "tochka_shutdown"), ("good", "tochka_shutdown")]


async def test_an_operator_who_interrupts_is_obeyed():
    interrupted = FakeModule("a", [], tochka_startup=raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        await lived([], interrupted)


async def test_a_hook_that_closes_a_stream_closes_it_for_nobody_else():
    async def close():
        sys.stdout.close()

    called, real = [], sys.stdout
    closing = FakeModule("closing", called, tochka_startup=close)
    stopped, logs = await lived(called, closing, FakeModule("sound", called))
    assert stopped == {"closing"}
    assert [reason for _, _, reason in logs] == ["sys.stdout.close() harms all other modules"]
    assert sys.stdout is real
    assert not real.closed
