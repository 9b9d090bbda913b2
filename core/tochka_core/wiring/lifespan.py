"""What runs as long as the application does."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar

from tochka_core.registry.lifespan import running_modules
from tochka_core.wiring.shared import Shared


def lifespan_of(shared: Shared) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return what runs around the application's life in one process."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        try:
            async with (
                shared.listener.listening(),
                running_modules(
                    shared.modules,
                    doors=shared.doors,
                    hook_seconds=shared.settings.import_seconds,
                    stopped=shared.stopped_modules,
                ),
                shared.messenger.running(),
                shared.module_health.running(),
                shared.uses.running(),
            ):
                yield
        finally:
            await shared.database.dispose()

    return lifespan
