"""One judgement per environment: what is installed is gated, loaded, staged and migrated, once.

Workers follow the record that it leaves.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from tochka_plugins.host import Quarantined, StagedModule, discover, gate

from tochka_core import __version__
from tochka_core.access.cache import Cache
from tochka_core.db import Database
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.db.preflight import check_server
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.logs import configure_logging
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.registry.composition import compose
from tochka_core.registry.events import Assembled, Began, Event, Judgement, Migration, Ready
from tochka_core.registry.fingerprint import fingerprint
from tochka_core.registry.last_judgement import write_last_judgement
from tochka_core.registry.lifespan import running_modules
from tochka_core.registry.migration import (
    not_migrated,
    rehearse_all,
    upgrade_core,
    upgrade_modules,
)
from tochka_core.registry.module_door import Doors
from tochka_core.registry.record import write_judgement
from tochka_core.registry.timing import Stopwatch
from tochka_core.settings import Settings

_log = structlog.get_logger(__name__)


async def judge(
    settings: Settings,
    *,
    set_aside: Sequence[Quarantined] = (),
    only: str | None = None,
    rehearse: bool = False,
    tell: Callable[[Event], None] = lambda _event: None,
) -> Judgement:
    """Judge all installed modules, migrate the database and leave the record.

    With *only* it is one module, and those that it needs. *set_aside* are judged already: they have
    done harm to a judgement before. Modules run in this process; `try_environment` keeps it apart.
    To *rehearse* leaves neither a record nor any other trace in the database. *tell* is told what
    goes on.

    Raises:
        OperatorError: the database cannot be used, or the core's own migration failed.
    """
    clock = Stopwatch(tell)
    tell = clock.tell
    async with maintenance_engine(settings.engine_url) as engine:
        await check_server(engine)
        # Before any module is imported: what one does to the process cannot reach the core's.
        core = () if rehearse else (await upgrade_core(engine, tell=tell)).outcomes
        environment = fingerprint()
        gated = gate(discover(pass_over=_warn), core_version=__version__)
        gated = gated if only is None else gated.only({only})
        assembly = compose(
            gated,
            settings,
            set_aside=set_aside,
            begin=lambda name, phase: tell(Began(name, phase)),
            staged=lambda: tell(Assembled()),
        )
        configure_logging(settings.log_level, packages=assembly.packages)
        for module in assembly.modules:
            for told in module.deprecated:
                _log.warning("deprecated", module=module.name, told=told)
        migrate = rehearse_all if rehearse else upgrade_modules
        result = await migrate(engine, assembly, tell=tell)
    ready = [item for item in assembly.modules if item.name not in result.failures]
    quarantined = (*assembly.quarantined, *not_migrated(assembly, result))
    if not rehearse:
        await _try_start(settings, ready, tell)
    judgement = Judgement(
        ready=tuple(
            Ready(item.name, item.candidate.version, clock.seconds_of(item.name)) for item in ready
        ),
        quarantined=quarantined,
        migrations=tuple(Migration.of(outcome) for outcome in (*core, *result.outcomes)),
    )
    if not rehearse:
        database = Database(settings.engine_url, pool_size=1)
        async with database.platform_scope(reason="record of the judgement") as session:
            await write_judgement(
                session, ready=ready, requires=gated.requires, quarantined=quarantined
            )
            await write_last_judgement(session, judgement, environment=environment)
        await database.dispose()
    return judgement


async def _try_start(
    settings: Settings, ready: Sequence[StagedModule], tell: Callable[[Event], None]
) -> None:
    """Start and stop all modules once: one that ends or blocks its process does it to this one."""
    database = Database(settings.engine_url, pool_size=1)
    ring = EncryptionRing(settings.encryption_ring)
    async with running_modules(
        ready,
        doors=Doors(
            cache=Cache(database),
            neighbourhood=Neighbourhood(
                lambda: ready, hook_seconds=settings.import_seconds, ring=ring
            ),
            ring=ring,
        ),
        hook_seconds=settings.import_seconds,
        stopped=set(),
        begin=lambda name: tell(Began(name, "start")),
    ):
        tell(Assembled())
    tell(Assembled())
    await database.dispose()


def _warn(distribution: Path) -> None:
    _log.warning("a distribution whose metadata cannot be read", path=str(distribution))
