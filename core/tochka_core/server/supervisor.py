"""Granian's server, made to replace its workers without a refused or lost request.

Granian 2.8 gives a new worker a fixed time before it stops the old one, and each worker a queue of
connections of its own, which is reset with it; and it ends when a worker has ended twice. Here all
of them take from one queue, and `Workers` keeps them running. What is overridden is private to
Granian; the upper bound in pyproject.toml and the end-to-end tests guard it.
"""

import multiprocessing
import socket
from collections.abc import Callable
from functools import partial
from multiprocessing import resource_tracker
from typing import Any, Final

from granian._granian import ListenerSpec
from granian.constants import Interfaces
from granian.log import LogLevels, logger
from granian.server.mp import MPServer

from tochka_core.parentage import expect_children
from tochka_core.server.gate import Gate
from tochka_core.server.judge import Judge
from tochka_core.server.readiness import Readiness, load_announcing
from tochka_core.server.register import Entry
from tochka_core.server.workers import STOP_SECONDS, Workers
from tochka_core.settings import Settings

_LOOK_SECONDS: Final = 0.25
"""How often the supervisor looks after its workers and its judge when nothing wakes it."""


class Supervisor(MPServer):
    """Keeps the workers running, and replaces them at SIGHUP once the judge has agreed."""

    def __init__(
        self,
        settings: Settings,
        judge: Judge,
        entry: Entry,
        *,
        prepare: Callable[[], None],
        meanwhile: Callable[[], None],
    ) -> None:
        """Listen where *settings* say; tell of reloads by *entry*.

        *prepare* makes ready what the first workers serve, while they import what they need; what
        is to be done *meanwhile* is done while they load it.
        """
        super().__init__(
            target="tochka_core.server.worker:create_worker",
            interface=Interfaces.ASGI,
            address=settings.host,
            port=settings.port,
            workers=settings.workers,
            workers_kill_timeout=STOP_SECONDS,
            log_level=LogLevels(settings.log_level),
        )
        self._judge = judge
        self._entry = entry
        self._prepare = prepare
        self._meanwhile = meanwhile
        self._readiness = Readiness()
        self._gate = Gate()
        self._is_preparing = False
        self._interruption: SystemExit | None = None

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT.

        Raises:
            SystemExit: a worker has ended before any could take requests; or a signal came before
                what they serve was ready.
        """
        # Fresh interpreters: they find what pip has changed since this one started, and inherit
        # none of this process's locks.
        multiprocessing.set_start_method("spawn", force=True)
        # Started with the first worker otherwise, it would let Ctrl-C through to that.
        resource_tracker.ensure_running()
        expect_children()
        loader = partial(load_announcing, self._readiness.writer, self._gate.entrance)
        self.serve(target_loader=loader)

    def signal_handler_interrupt(self, number: int, *_: object) -> None:
        """End the loop; and at once what is being prepared, which may wait for others."""
        super().signal_handler_interrupt()  # type: ignore[no-untyped-call]  # Granian's own
        self._interruption = SystemExit(128 + number)
        if self._is_preparing:
            raise self._interruption

    def _init_shared_socket(self) -> None:
        """Open the one queue of connections that all workers take from."""
        holder = ListenerSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._shd = holder  # type: ignore[assignment]  # Granian's annotation knows only None
        self._sso = socket.socket(fileno=holder.get_fd())
        self._sso.set_inheritable(True)

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401 - Granian's own
        self._workers = Workers(
            self.wrks,
            make=partial(self._spawn_worker, target=spawn_target, callback_loader=target_loader),
            readiness=self._readiness,
            is_over=lambda: self.interrupt_signal,
        )
        self._workers.start(self.workers)
        self._entry.started()

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401, ARG002 - Granian's own
        try:
            self._open()
            self._meanwhile()
            has_failed = self._look_after_all()
        except BaseException:
            # This process would wait for them before it ends, and they for the gate.
            self._stop_workers()  # type: ignore[no-untyped-call]  # Granian's own
            raise
        finally:
            self._judge.stop()
        # Granian's shutdown makes the exit code of this list.
        self.interrupt_children[:] = [0] if has_failed else []

    def _open(self) -> None:
        """Let the workers load what is prepared."""
        self._is_preparing = True
        try:
            if self._interruption:
                raise self._interruption
            self._prepare()
        finally:
            self._is_preparing = False
        self._workers.restart_ended()
        self._gate.open()

    def _look_after_all(self) -> bool:
        """Return when it is time to stop, true if that is because no worker can start."""
        while not self.interrupt_signal:
            if self._workers.has_none_started():
                logger.error("A worker could not be started; what it said stands above")
                return True
            self._workers.look_after()
            self._look_after_judge()
            self.main_loop_interrupt.wait(_LOOK_SECONDS)
            self.main_loop_interrupt.clear()
        return False

    def _look_after_judge(self) -> None:
        if self.reload_signal and not self._judge.is_busy:
            self.reload_signal = False
            self._entry.reload_began()
            self._judge.start()
        match self._judge.find_verdict():
            case True:
                self._entry.reload_ended(success=self._workers.replace_all())
            case False:
                logger.error("The judgement failed; the workers stay as they are")
                self._entry.reload_ended(success=False)
