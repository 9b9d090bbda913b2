"""Starting and stopping modules in one process, each at its own risk."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog
from tochka_plugins.host import StagedModule
from tochka_plugins.host.keeping import ProcessHarmed, process_kept

from tochka_core.registry.hook_run import HookFailed, run_hook
from tochka_core.registry.module_door import Doors, ModuleDoor

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def running_modules(
    modules: Sequence[StagedModule],
    *,
    doors: Doors,
    hook_seconds: float,
    stopped: set[str],
    begin: Callable[[str], None] = lambda _module: None,
) -> AsyncIterator[None]:
    """Start *modules* in the order given, and stop those that did start in the opposite one.

    A module whose hook raises, or takes longer than *hook_seconds*, is logged and put into
    *stopped*; the others go on. They reach what *doors* lead to. *begin* is told of each module
    before a hook of its runs.
    """
    started = []
    for module in modules:
        begin(module.name)
        door = ModuleDoor(doors, module.name)
        reason = await _run(module, "tochka_startup", door, hook_seconds)
        if reason is None:
            started.append(module)
        else:
            stopped.add(module.name)
            _log.error("module not started", module=module.name, reason=reason)
    try:
        yield
    finally:
        for module in reversed(started):
            begin(module.name)
            door = ModuleDoor(doors, module.name)
            reason = await _run(module, "tochka_shutdown", door, hook_seconds)
            if reason is not None:
                _log.error("shutdown failed", module=module.name, reason=reason)


async def _run(
    module: StagedModule, hook: str, door: ModuleDoor, hook_seconds: float
) -> str | None:
    """Run *hook* while nothing else does; return why it has failed, `None` when it has not."""
    try:
        with process_kept():
            await run_hook(module, hook, hook_seconds=hook_seconds, platform=door)
    except HookFailed as failure:
        return failure.reason
    except ProcessHarmed as harm:
        return str(harm)
    return None
