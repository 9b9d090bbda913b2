"""The workers: started again when they end, and replaced without a gap."""

import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Final

from granian.log import logger
from granian.server.mp import WorkerProcess

from tochka_core.backoff import Backoff
from tochka_core.server.draining import DRAIN_SECONDS, ask_to_drain
from tochka_core.server.readiness import Readiness

READY_SECONDS: Final = 120.0
"""How long a new worker may take before it is given up and the old one stays."""

STOP_SECONDS: Final = 30
"""How long a worker may take to finish its requests."""

_CALM_SECONDS: Final = 60.0
"""A worker that has lived so long did not end because it cannot live."""

_POLL_SECONDS: Final = 0.05


class Workers:
    """Looks after the worker processes in a list, each of which has its place there."""

    def __init__(
        self,
        running: list[WorkerProcess],
        *,
        make: Callable[[int], WorkerProcess],
        readiness: Readiness,
        is_over: Callable[[], bool],
    ) -> None:
        """Keep them in *running*; *make* makes one for a place, *is_over* ends all waiting."""
        self._running = running
        self._make = make
        self._readiness = readiness
        self._is_over = is_over
        self._backoffs: defaultdict[int, Backoff] = defaultdict(Backoff)
        self._due: dict[int, float] = {}
        """When those that have ended are to be started again."""

    def start(self, count: int) -> None:
        """Start the first ones."""
        self._running.extend(self._start(index) for index in range(count))

    def restart_ended(self) -> None:
        """Start those again that have ended, before there was anything for them to load."""
        for index, worker in enumerate(self._running):
            if not worker.is_alive():
                self._running[index] = self._start(index)

    def has_none_started(self) -> bool:
        """Tell whether a worker has ended before any could take requests."""
        has_ended = any(not worker.is_alive() for worker in self._running)
        return has_ended and not self._readiness.has_any_announced()

    def look_after(self) -> None:
        """Start those that have ended again, each after a pause that grows with each time."""
        now = time.monotonic()
        for index, worker in enumerate(self._running):
            if worker.is_alive():
                continue
            if index not in self._due:
                self._due[index] = now + self._note_end(worker)
            elif now >= self._due[index]:
                del self._due[index]
                self._running[index] = self._start(index)

    def replace_all(self) -> bool:
        """Replace the workers one after another; one whose successor does not start stays.

        Tell whether all of them were replaced.
        """
        replaced = 0
        for index, old in enumerate(self._running):
            if self._is_over():
                break
            logger.info(f"Replacing worker-{index + 1}")
            successor = self._start(index)
            if old.is_alive() and not self._becomes_ready(successor):
                logger.error(f"The new worker-{index + 1} did not start; the old one stays")
                self._end(successor)
                continue
            self._running[index] = successor
            self._due.pop(index, None)
            if old.is_alive():
                ask_to_drain(old.inner.pid)
                time.sleep(DRAIN_SECONDS)
            self._end(old)
            logger.info(f"Replaced worker-{index + 1}")
            replaced += 1
        return replaced == len(self._running)

    def _note_end(self, worker: WorkerProcess) -> float:
        """Return how long to wait before *worker*, which has ended, is started again."""
        self._readiness.forget(worker.inner.pid)
        backoff = self._backoffs[worker.idx]
        if time.monotonic() - worker.birth >= _CALM_SECONDS:
            backoff.reset()
        seconds = backoff.next_seconds()
        logger.error(
            f"worker-{worker.idx + 1} has ended with exit code {worker.inner.exitcode};"
            f" starting it again in {seconds:g} s"
        )
        return seconds

    def _start(self, index: int) -> WorkerProcess:
        worker = self._make(index)
        with without_terminal():
            worker.start()
        return worker

    def _becomes_ready(self, worker: WorkerProcess) -> bool:
        """Wait until *worker* answers; false if it ends, takes too long, or we are to stop."""
        deadline = time.monotonic() + READY_SECONDS
        while worker.is_alive() and time.monotonic() < deadline and not self._is_over():
            if self._readiness.has_announced(worker.inner.pid):
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def _end(self, worker: WorkerProcess) -> None:
        """Let *worker* finish its requests, and kill it if it does not."""
        worker.terminate()
        # Not asked whether it is alive: where another thread has just taken its exit code it is not
        # known to be dead yet.
        if not wait([worker.inner.sentinel], STOP_SECONDS):
            logger.warning(f"Killing worker-{worker.idx + 1}: it did not stop")
            worker.kill()
        worker.join()
        self._readiness.forget(worker.inner.pid)


@contextmanager
def without_terminal() -> Iterator[None]:
    """Start processes that neither Ctrl-C at the terminal nor its end reaches.

    They are for the supervisor alone, from which they are held back meanwhile, not lost.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
