"""What requests have begun and not ended: messages on their way, uses of keys to be noted."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any, Final, TypeVar, cast

SETTLE_SECONDS: Final = 5
"""How long a test waits for it; what runs longer is taken for a part of the application."""

Result = TypeVar("Result")

_is_for_test: ContextVar[bool] = ContextVar("is_for_test", default=False)


class Begun:
    """Follows the tasks that are begun for a test, directly or by each other."""

    def __init__(self) -> None:
        """Follow none yet."""
        self._tasks: set[asyncio.Task[Any]] = set()

    def follow(self) -> None:
        """Follow what is begun in the running event loop from now on."""
        asyncio.get_running_loop().set_task_factory(cast("Any", self._make_task))

    async def run(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Return what *work* returns, which is done for a test."""
        _is_for_test.set(True)
        return await work()

    async def settle(self) -> None:
        """Wait for it."""
        if self._tasks:
            _, endless = await asyncio.wait(self._tasks, timeout=SETTLE_SECONDS)
            self._tasks -= endless

    def _make_task(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, Any],
        **options: Any,  # noqa: ANN401 - asyncio's own
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(coroutine, loop=loop, **options)
        if _is_for_test.get():
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return task
