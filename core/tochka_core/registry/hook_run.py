"""Running one hook of one module, so that whatever comes of it is an ordinary failure."""

import asyncio

from tochka_plugins.host import StagedModule
from tochka_plugins.host.quarantine import reason_of


class HookFailed(Exception):
    """The hook has raised, which is the cause, or takes too long; `reason` is one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def run_hook(
    module: StagedModule, hook: str, *, hook_seconds: float, **arguments: object
) -> object:
    """Run *hook*, for *hook_seconds* at most, and return what it returns.

    Raises:
        HookFailed: it has raised, or takes longer.
        asyncio.CancelledError: it is we who are cancelled, not something in the hook.
    """
    cancellations = _cancellations()
    failure: BaseException | None = None
    returned: object = None
    try:
        async with asyncio.timeout(hook_seconds) as limit:
            returned = await module.hooks.call_async(hook, **arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # A module's sys.exit, too, is its own failure.
        if isinstance(error, asyncio.CancelledError) and _cancellations() > cancellations:
            raise
        failure = error
    # Also where the hook has passed over being told that its time is up.
    if limit.expired():
        raise HookFailed(f"{hook} takes longer than {hook_seconds:g} s") from failure
    if failure is not None:
        raise HookFailed(reason_of(failure, package=module.candidate.package)) from failure
    return returned


def _cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0
