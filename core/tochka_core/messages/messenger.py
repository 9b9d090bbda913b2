"""Having modules deliver messages, after the request that they have to do with."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from tochka_plugins import Message, Unavailable
from tochka_plugins.host import StagedModule

from tochka_core.registry.hook_run import HookFailed, run_hook
from tochka_core.users.phones import masked

HOOK: Final = "tochka_send_message"

AT_ONCE: Final = 20
"""A service that hangs may hold up as many messages of one worker, and no more connections."""

_log = structlog.get_logger(__name__)


class NobodyDelivers(Unavailable):
    """No module that serves delivers messages; it is the operator who has to install one."""

    def __init__(self) -> None:
        """Say so: it is the same for every phone."""
        super().__init__("No messages can be sent here now.", retry_after_seconds=300)


class Messenger:
    """Sends messages in the background, so that no answer waits for them, nor tells of them."""

    def __init__(
        self,
        modules: Sequence[StagedModule] = (),
        *,
        stopped: Collection[str] = frozenset(),
        hook_seconds: float,
        log_undelivered: bool = False,
    ) -> None:
        """Ask *modules*, in this order, except those in *stopped* by then.

        With *log_undelivered* what nobody delivers is written to the log, for a developer to read.
        """
        self._modules = [module for module in modules if module.hooks.implements(HOOK)]
        self._stopped = stopped
        self._hook_seconds = hook_seconds
        self._log_undelivered = log_undelivered
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    def check(self) -> None:
        """Return if messages can be sent.

        Ask before it matters whose phone it is.

        Raises:
            NobodyDelivers: they cannot.
        """
        if not self._log_undelivered and not self._serving():
            raise NobodyDelivers

    def send(self, message: Message) -> None:
        """Begin to deliver *message*. Call it when what it tells is committed."""
        task = asyncio.create_task(self._send(message))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Wait, when the block ends, for the messages that are under way.

        Where nobody could deliver any it is logged when it begins.
        """
        if not self._modules and not self._log_undelivered:
            _log.warning("no module delivers messages", hook=HOOK)
        try:
            yield
        finally:
            while self._under_way:
                await asyncio.wait(self._under_way)

    def _serving(self) -> list[StagedModule]:
        return [module for module in self._modules if module.name not in self._stopped]

    async def _send(self, message: Message) -> None:
        said = {"kind": message.kind, "phone": masked(message.phone)}
        async with self._turns:
            for module in self._serving():
                if await self._delivers(module, message):
                    _log.info("message delivered", module=module.name, **said)
                    return
        if self._log_undelivered:
            _log.warning("message to read here", text=message.text, **said)
        else:
            _log.error("message lost", **said)

    async def _delivers(self, module: StagedModule, message: Message) -> bool:
        try:
            seconds = self._hook_seconds
            return await run_hook(module, HOOK, hook_seconds=seconds, message=message) is True
        except HookFailed as failure:
            reason = _without(message, failure.reason)
            _log.error("hook failed", module=module.name, hook=HOOK, reason=reason)
            return False


def _without(message: Message, reason: str) -> str:
    """Return *reason* without what it may quote of *message*, such as in the URL of a request."""
    for secret in (message.text, message.phone.removeprefix("+"), message.code):
        if secret:
            reason = reason.replace(secret, "***")
    return reason
