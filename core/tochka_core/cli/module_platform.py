"""The platform, as a command of a module gets it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tochka_plugins import Platform, PlatformRunner
from tochka_plugins.host import Candidate

from tochka_core.access.cache import Cache
from tochka_core.cli.group import read_settings
from tochka_core.cli.neighbourhood import neighbourhood_of
from tochka_core.db import Database
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.errors import OperatorError
from tochka_core.local import running_database
from tochka_core.registry.module_door import Doors, ModuleDoor
from tochka_core.registry.record import read_ready
from tochka_core.registry.session import in_platform_scope
from tochka_core.settings import Settings

Result = TypeVar("Result")


class ModulePlatform(PlatformRunner):
    """Runs the work of one module's command, on a database that the module is ready in."""

    def __init__(self, module: Candidate) -> None:
        """Serve the commands of *module*; nothing is read or opened yet."""
        self._module = module

    def run(self, work: Callable[[Platform], Awaitable[Result]]) -> Result:
        """Return what *work* returns.

        Raises:
            OperatorError: the database cannot be used, or the module is not ready in it.
            Exception: whatever *work* raises.
        """
        with running_database(read_settings(), make=False) as settings:
            return asyncio.run(self._run(settings, work))

    async def _run(
        self, settings: Settings, work: Callable[[Platform], Awaitable[Result]]
    ) -> Result:
        name, version = self._module.name, self._module.version
        async with in_platform_scope(settings, reason=f"tochka {name}") as session:
            ready = await read_ready(session)
        if ready.get(name) != version:
            raise OperatorError(
                f"{name} {version} is not ready in this database: run tochka upgrade, which says"
                " why where it stays so."
            )
        database = Database(settings.engine_url)
        try:
            doors = Doors(
                cache=Cache(database),
                neighbourhood=neighbourhood_of(ready, settings),
                ring=EncryptionRing(settings.encryption_ring),
            )
            return await work(ModuleDoor(doors, name))
        finally:
            await database.dispose()
