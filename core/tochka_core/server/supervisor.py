"""Granian's server, made to replace its workers without a refused or lost request.

Granian 2.8 gives a new worker a fixed time before it stops the old one, and each worker a queue of
connections of its own, which is reset with it. Here the old worker goes when the new one answers,
and all of them take from one queue. What is overridden is private to Granian; the upper bound in
pyproject.toml and the end-to-end tests guard it.
"""

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from granian._granian import ListenerSpec
from granian.constants import Interfaces
from granian.log import LogLevels, logger
from granian.server.mp import MPServer, WorkerProcess

from tochka_core.server import readiness
from tochka_core.server.draining import DRAIN_SECONDS, ask_to_drain
from tochka_core.settings import Settings

READY_SECONDS: Final = 120.0
"""How long a new worker may take before it is given up and the old one stays."""

STOP_SECONDS: Final = 30
"""How long an old worker may take to finish its requests."""

_POLL_SECONDS: Final = 0.05


class Supervisor(MPServer):
    """Starts the workers, and replaces them at SIGHUP once *judge_anew* has returned true."""

    def __init__(
        self, settings: Settings, *, ready_folder: Path, judge_anew: Callable[[], bool]
    ) -> None:
        """Listen where *settings* say; workers announce themselves in *ready_folder*."""
        super().__init__(
            target="tochka_core.server.worker:create_worker",
            factory=True,
            interface=Interfaces.ASGI,
            address=settings.host,
            port=settings.port,
            workers=settings.workers,
            workers_kill_timeout=STOP_SECONDS,
            respawn_failed_workers=True,
            log_level=LogLevels(settings.log_level),
        )
        self._ready_folder = ready_folder
        self._judge_anew = judge_anew
        readiness.share_folder(ready_folder)

    def _init_shared_socket(self) -> None:
        """Open the one queue of connections that all workers take from."""
        holder = ListenerSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._shd = holder  # type: ignore[assignment]  # Granian's annotation knows only None
        self._sso = socket.socket(fileno=holder.get_fd())
        self._sso.set_inheritable(True)

    def _reload(self, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401 - Granian's own
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        if self._judge_anew():
            self._respawn_workers(range(self.workers), spawn_target, target_loader)
        else:
            logger.error("The judgement failed; the workers stay as they are")
        if self.interrupt_signal:
            self.main_loop_interrupt.set()

    def _respawn_workers(
        self,
        workers: Iterable[int],
        spawn_target: Any,  # noqa: ANN401 - Granian's own
        target_loader: Any,  # noqa: ANN401 - Granian's own
        delay: float = 0,  # noqa: ARG002 - what this override does without
    ) -> None:
        """Replace workers one after another; one whose successor fails stays."""
        for index in list(workers):
            self.respawned_wrks[index] = time.monotonic()
            logger.info(f"Replacing worker-{index + 1}")
            successor = self._spawn_worker(
                idx=index, target=spawn_target, callback_loader=target_loader
            )
            old = self.wrks[index]
            # While it is on trial its end is ours to see; Granian would take it for a crash of
            # the worker in office and, so soon after the last one, stop the server.
            successor.interrupt_by_parent = old.is_alive()
            successor.start()
            if old.is_alive() and not self._is_ready(successor):
                logger.error(f"The new worker-{index + 1} did not start; the old one stays")
                self._end(successor)
                continue
            successor.interrupt_by_parent = False
            self.wrks[index] = successor
            if old.is_alive():
                ask_to_drain(old.inner.pid)
                time.sleep(DRAIN_SECONDS)
            self._end(old)
            logger.info(f"Replaced worker-{index + 1}")

    def _is_ready(self, worker: WorkerProcess) -> bool:
        """Wait until *worker* answers; false if it ends, takes too long, or we are to stop."""
        deadline = time.monotonic() + READY_SECONDS
        while worker.is_alive() and time.monotonic() < deadline and not self.interrupt_signal:
            if readiness.has_announced(self._ready_folder, worker.inner.pid):
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def _end(self, worker: WorkerProcess) -> None:
        """Let *worker* finish its requests, and kill it if it does not."""
        worker.terminate()
        worker.join(STOP_SECONDS)
        if worker.is_alive():
            logger.warning(f"Killing worker-{worker.idx + 1}: it did not stop")
            worker.kill()
            worker.join()
        readiness.forget(self._ready_folder, worker.inner.pid)


def run(settings: Settings, *, judge_anew: Callable[[], bool]) -> None:
    """Serve until SIGTERM or SIGINT; at SIGHUP call *judge_anew* and replace the workers."""
    with tempfile.TemporaryDirectory(prefix=f"tochka-{os.getpid()}-") as folder:
        Supervisor(settings, ready_folder=Path(folder), judge_anew=judge_anew).serve()
