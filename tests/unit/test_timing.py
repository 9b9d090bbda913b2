"""Each step of a judgement is timed for its module."""

import pytest
from tochka_core.registry import timing
from tochka_core.registry.events import Assembled, Began, Migrated, Migration
from tochka_core.registry.timing import Stopwatch


@pytest.fixture
def times(monkeypatch):
    """Let the clock show these, one after another."""

    def times(*shown):
        rest = iter(shown)
        monkeypatch.setattr(timing.time, "perf_counter", lambda: next(rest))

    return times


def test_a_step_lasts_until_the_next_event(times):
    times(0, 1, 4, 10, 12, 20)
    told = []
    clock = Stopwatch(told.append)
    events = [
        Began("notes", "load"),
        Began("notes", "stage"),
        Assembled(),
        Began("notes", "migrate"),
        Migrated(Migration("notes", None, "0001")),
        Assembled(),
    ]
    for event in events:
        clock.tell(event)
    assert told == events
    assert clock.seconds_of("notes") == {"load": 1, "stage": 3, "migrate": 2}
    assert clock.seconds_of("words") == {}
