"""One judgement per environment: what is installed is gated, loaded, staged and migrated, once.

Workers follow the record that it leaves.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tochka_migrations import Outcome, Target, Upgrade, core_target, upgrade
from tochka_migrations.roles import MissingRoles
from tochka_plugins.host import Assembly, Quarantined, StagedModule, assemble, discover, gate
from tochka_plugins.host.quarantine import quarantine, reason_of

from tochka_core import __version__
from tochka_core.db import Database
from tochka_core.db.preflight import check_server
from tochka_core.errors import OperatorError
from tochka_core.http.dependencies import public_dependencies
from tochka_core.http.mounting import TrialMount
from tochka_core.registry.events import Began, Event, Judgement, Migrated, Migration, Ready
from tochka_core.registry.record import write_judgement
from tochka_core.registry.targets import module_targets
from tochka_core.settings import Settings


async def judge(
    settings: Settings,
    *,
    set_aside: Sequence[Quarantined] = (),
    rehearse: bool = False,
    tell: Callable[[Event], None] = lambda _event: None,
) -> Judgement:
    """Judge all installed modules, migrate the database and leave the record.

    *set_aside* are judged already: they have done harm to a judgement before. Modules run in this
    process; `try_environment` keeps it apart. To *rehearse* leaves neither a record nor any other
    trace in the database. *tell* is told what goes on.

    Raises:
        OperatorError: the database cannot be used, or the core's own migration failed.
    """
    database = Database(settings.engine_url, pool_size=1)
    engine = create_async_engine(settings.engine_url, poolclass=NullPool)
    try:
        await check_server(engine)
        gated = gate(discover(), core_version=__version__)
        assembly = assemble(
            gated,
            set_aside=set_aside,
            try_mount=TrialMount(public_dependencies(database)),
            begin=lambda name, phase: tell(Began(name, phase)),
        )
        targets = module_targets(assembly, gated.requires)
        result = await _migrate(engine, targets, rehearse=rehearse, tell=tell)
        ready = [item for item in assembly.modules if item.name not in result.failures]
        quarantined = (*assembly.quarantined, *_quarantine(assembly, result.failures))
        if not rehearse:
            async with database.platform_scope(reason="record of the judgement") as session:
                await write_judgement(
                    session, ready=ready, requires=gated.requires, quarantined=quarantined
                )
    finally:
        await engine.dispose()
        await database.dispose()
    return Judgement(
        ready=tuple(Ready(item.name, item.candidate.version) for item in ready),
        quarantined=quarantined,
        migrations=tuple(Migration.of(outcome) for outcome in result.outcomes),
    )


async def upgrade_core(engine: AsyncEngine) -> None:
    """Take the core's own schema to its head, and judge no module.

    Raises:
        OperatorError: it could not be migrated.
    """
    await _migrate(engine, [])


async def _migrate(
    engine: AsyncEngine,
    modules: Sequence[Target],
    *,
    rehearse: bool = False,
    tell: Callable[[Event], None] = lambda _event: None,
) -> Upgrade:
    """Take the core's schema to its head, then those of *modules*, and insist on the core's."""
    try:
        result = await upgrade(
            engine,
            [core_target(), *modules],
            rehearse=rehearse,
            begin=lambda name: tell(Began(name, "migrate")),
            report=lambda outcome: tell(Migrated(Migration.of(outcome))),
        )
    except MissingRoles as error:
        raise OperatorError(str(error)) from error
    failure = result.failures.get("core")
    if failure and failure.error:
        reason = reason_of(failure.error, package="tochka_migrations")
        raise OperatorError(f"The core's own schema could not be migrated: {reason}")
    return result


def _quarantine(assembly: Assembly, failures: Mapping[str, Outcome]) -> Sequence[Quarantined]:
    return [
        quarantine(
            module.candidate,
            "migrate",
            _reason(module, failures[module.name]),
            blocked_by=failures[module.name].blocked_by,
        )
        for module in assembly.modules
        if module.name in failures
    ]


def _reason(module: StagedModule, failure: Outcome) -> str:
    if failure.error is not None:
        return reason_of(failure.error, package=module.candidate.package)
    return f"needs the module {failure.blocked_by!r}, which is quarantined"
