"""Replacing workers, of which other threads take the exit codes too."""

import os

import pytest
from tochka_core.server import workers
from tochka_core.server.readiness import Readiness
from tochka_core.server.workers import Workers


class FakeWorker:
    """A worker that ends when it is told to, and is called alive until its exit code is known."""

    idx = 0

    def __init__(self):
        self.inner = self
        self.sentinel, self._life = os.pipe()
        self.pid = 1
        self.has_been_killed = False

    def start(self): ...

    def is_alive(self):
        return True

    def terminate(self):
        os.close(self._life)

    def kill(self):
        self.has_been_killed = True

    def join(self, _seconds=None):
        os.close(self.sentinel)


@pytest.fixture
def replaced(monkeypatch):
    """Replace one worker by another that is ready; return the old one."""
    monkeypatch.setattr(workers, "ask_to_drain", lambda _pid: None)
    monkeypatch.setattr(workers, "DRAIN_SECONDS", 0)
    readiness = Readiness()
    old, new = FakeWorker(), FakeWorker()
    readiness.writer.send(new.pid)
    running = [old]
    kept = Workers(running, make=lambda _index: new, readiness=readiness, is_over=lambda: False)
    assert kept.replace_all()
    assert running == [new]
    new.terminate()
    new.join()
    return old


def test_a_worker_that_has_ended_is_not_killed(replaced):
    assert not replaced.has_been_killed
