"""Having modules deliver messages, after the request that they have to do with."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
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


def write_to_log(message: Message) -> None:
    """Show a developer what a phone would."""
    _log.warning("message to read here", text=message.text, **_said(message))


class Messenger:
    """Sends messages in the background, so that no answer waits for them, nor tells of them."""

    def __init__(
        self,
        modules: Sequence[StagedModule] = (),
        *,
        stopped: Collection[str] = frozenset(),
        hook_seconds: float,
        undelivered: Callable[[Message], None] | None = None,
    ) -> None:
        """Ask *modules*, in this order, except those in *stopped* by then.

        *undelivered* takes what nobody delivers; without it that is lost.
        """
        self._modules = [module for module in modules if module.hooks.implements(HOOK)]
        self._stopped = stopped
        self._hook_seconds = hook_seconds
        self._undelivered = undelivered
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    def check(self) -> None:
        """Return if messages can be sent.

        Ask before it matters whose phone it is.

        Raises:
            NobodyDelivers: they cannot.
        """
        if self._undelivered is None and not self._serving():
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
        if not self._modules and self._undelivered is None:
            _log.warning("no module delivers messages", hook=HOOK)
        try:
            yield
        finally:
            while self._under_way:
                await asyncio.wait(self._under_way)

    def _serving(self) -> list[StagedModule]:
        return [module for module in self._modules if module.name not in self._stopped]

    async def _send(self, message: Message) -> None:
        async with self._turns:
            for module in self._serving():
                if await self._delivers(module, message):
                    _log.info("message delivered", module=module.name, **_said(message))
                    return
        if self._undelivered is None:
            _log.error("message lost", **_said(message))
        else:
            self._undelivered(message)

    async def _delivers(self, module: StagedModule, message: Message) -> bool:
        try:
            seconds = self._hook_seconds
            return await run_hook(module, HOOK, hook_seconds=seconds, message=message) is True
        except HookFailed as failure:
            reason = _without(message, failure.reason)
            _log.error("hook failed", module=module.name, hook=HOOK, reason=reason)
            return False


def _said(message: Message) -> Mapping[str, str]:
    """Return what may be told of *message* in the log."""
    return {"kind": message.kind, "phone": masked(message.phone)}


def _without(message: Message, reason: str) -> str:
    """Return *reason* without what it may quote of *message*, such as in the URL of a request."""
    for secret in (message.text, message.phone.removeprefix("+"), message.code):
        if secret:
            reason = reason.replace(secret, "***")
    return reason
