"""A database as the migrations build it."""

from collections.abc import Sequence

from sqlalchemy import URL
from tochka_migrations import core_target, upgrade
from tochka_plugins.host import Assembly, StagedModule

from tochka_core.db import Database
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.registry.migration import not_migrated
from tochka_core.registry.record import write_judgement
from tochka_core.registry.targets import module_targets
from tochka_core.testing.choosing import refuse_quarantined


async def build_platform(url: URL, modules: Sequence[StagedModule]) -> None:
    """Migrate the core and *modules*, and record that these are ready.

    Raises:
        OperatorError: one of them could not be migrated.
    """
    assembly = Assembly(modules=tuple(modules), quarantined=())
    async with maintenance_engine(url) as engine:
        result = await upgrade(engine, [core_target(), *module_targets(assembly)])
    refuse_quarantined(not_migrated(assembly, result))
    async with Database(url, pool_size=0).platform_scope(reason="modules under test") as session:
        requires = {module.name: module.requires for module in modules}
        await write_judgement(session, ready=modules, requires=requires, quarantined=[])
