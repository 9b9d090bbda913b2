"""Starting and stopping modules in one process, each at its own risk."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog
from tochka_plugins import Platform
from tochka_plugins.host import StagedModule
from tochka_plugins.host.quarantine import reason_of

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def running_modules(
    modules: Sequence[StagedModule],
    *,
    platform: Platform,
    hook_seconds: float,
    stopped: set[str],
    begin: Callable[[str], None] = lambda _module: None,
) -> AsyncIterator[None]:
    """Start *modules* in the order given, and stop those that did start in the opposite one.

    A module whose hook raises, or takes longer than *hook_seconds*, is logged and put into
    *stopped*; the others go on. *begin* is told of each module before a hook of its runs.
    """
    started = []
    for module in modules:
        begin(module.name)
        reason = await _run(module, "tochka_startup", platform, hook_seconds)
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
            reason = await _run(module, "tochka_shutdown", platform, hook_seconds)
            if reason is not None:
                _log.error("shutdown failed", module=module.name, reason=reason)


async def _run(
    module: StagedModule, hook: str, platform: Platform, hook_seconds: float
) -> str | None:
    """Run *hook*; return why it has failed, `None` when it has not.

    Raises:
        asyncio.CancelledError: it is we who are cancelled, not something in the hook.
    """
    cancellations = _cancellations()
    try:
        async with asyncio.timeout(hook_seconds) as limit:
            await module.hooks.call_async(hook, platform=platform)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # A module's sys.exit, too, is its own failure.
        if isinstance(error, asyncio.CancelledError) and _cancellations() > cancellations:
            raise
        if limit.expired():
            return f"{hook} takes longer than {hook_seconds:g} s"
        return reason_of(error, package=module.candidate.package)
    return None


def _cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0
