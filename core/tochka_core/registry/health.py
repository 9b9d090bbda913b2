"""Asking modules how they are, so that it costs the same however often somebody wants to know."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, Literal

import msgspec
import structlog
from tochka_plugins.health import HealthCheck
from tochka_plugins.host import StagedModule
from tochka_plugins.host.quarantine import reason_of

from tochka_core.registry.module_door import Doors, ModuleDoor

_log = structlog.get_logger(__name__)

CHECK_SECONDS: Final = 1.0
"""How long a check may take; less than balancers wait for the report."""
FRESH_SECONDS: Final = 5.0
"""For so long an answer is good for all who ask."""

CheckState = Literal["passed", "failed", "slow"]


class CheckReport(msgspec.Struct, frozen=True):
    """What has come of a check; why one fails is in the log."""

    name: str
    state: CheckState


class _Check:
    """One check of one module; it never runs twice at once."""

    def __init__(
        self, module: StagedModule, name: str, check: HealthCheck, door: ModuleDoor
    ) -> None:
        self.name = name
        self._module = module
        self._check = check
        self._door = door
        self._state: CheckState = "slow"
        self._answered_at = -FRESH_SECONDS
        self.task: asyncio.Task[None] | None = None

    def ask(self) -> asyncio.Task[None] | None:
        """Return what to wait for; `None` where the last answer is good still."""
        if self.task is not None and not self.task.done():
            return self.task
        if self.task is not None and monotonic() - self._answered_at < FRESH_SECONDS:
            return None
        self.task = asyncio.create_task(self._run())
        return self.task

    def report(self) -> CheckReport:
        """Return the last answer; one that does not end is slow."""
        is_over = self.task is not None and self.task.done()
        return CheckReport(self.name, self._state if is_over else "slow")

    async def _run(self) -> None:
        reason = None
        self._state = "passed"
        try:
            async with asyncio.timeout(CHECK_SECONDS) as limit:
                await self._check(self._door)
        except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - see below
            # A module's sys.exit, too, is its own failure; of ours there is nobody to be told.
            self._state = "slow" if limit.expired() else "failed"
            reason = reason_of(error, package=self._module.candidate.package)
        self._answered_at = monotonic()
        if reason is not None:
            _log.warning(
                "health check failed",
                module=self._module.name,
                check=self.name,
                state=self._state,
                reason=reason,
            )


class ModuleHealth:
    """The checks of the modules of one process."""

    def __init__(
        self,
        modules: Sequence[StagedModule] = (),
        *,
        stopped: Collection[str],
        doors: Doors,
    ) -> None:
        """Ask *modules*, except those in *stopped* by then; they reach what *doors* lead to."""
        self._stopped = stopped
        self._checks = {
            module.name: [
                _Check(module, name, check, ModuleDoor(doors, module.name))
                for name, check in module.health.items()
            ]
            for module in modules
        }

    async def report(self, modules: Collection[str]) -> Mapping[str, Sequence[CheckReport]]:
        """Return the checks of those of *modules* that serve here, in the order they are given in.

        It takes no longer than a check may, whatever one of them does.
        """
        wanted = {
            name: checks
            for name, checks in self._checks.items()
            if name in modules and name not in self._stopped
        }
        asked = [check.ask() for checks in wanted.values() for check in checks]
        waiting = [task for task in asked if task is not None]
        if waiting:
            # A little longer than they may take: who is given up says so himself.
            await asyncio.wait(waiting, timeout=CHECK_SECONDS + 0.1)
        return {name: [check.report() for check in checks] for name, checks in wanted.items()}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Give up, with the end of the block, all checks that run then."""
        try:
            yield
        finally:
            checks = [check for checks in self._checks.values() for check in checks]
            tasks = [check.task for check in checks if check.task and not check.task.done()]
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=CHECK_SECONDS)
