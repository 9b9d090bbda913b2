"""One judgement per environment: what is installed is gated, loaded, staged and migrated, once.

Workers follow the record that it leaves.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from traceback import extract_tb

import structlog
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tochka_migrations import Outcome, Upgrade, core_target, upgrade
from tochka_migrations.roles import MissingRoles
from tochka_migrations.targets import Target, module_target
from tochka_plugins.host import Assembly, Quarantined, StagedModule, discover, gate
from tochka_plugins.host.quarantine import quarantine, reason_of

from tochka_core import __version__
from tochka_core.db import Database
from tochka_core.db.preflight import check_server
from tochka_core.errors import OperatorError
from tochka_core.registry.events import (
    Began,
    Event,
    Judgement,
    Migrated,
    Migration,
    Ready,
    Staged,
)
from tochka_core.registry.record import write_judgement
from tochka_core.registry.rehearsal import rehearse
from tochka_core.settings import Settings

_log = structlog.get_logger(__name__)


async def judge(
    settings: Settings,
    *,
    set_aside: Sequence[Quarantined] = (),
    tell: Callable[[Event], None] = lambda _event: None,
) -> Judgement:
    """Judge all installed modules, migrate the database and leave the record.

    *set_aside* are judged already: they have done harm to a judgement before. Modules run in this
    process; `try_environment` keeps it apart. *tell* is told what goes on.

    Raises:
        OperatorError: the database cannot be used, or the core's own migration failed.
    """
    database = Database(settings.engine_url, pool_size=1)
    engine = create_async_engine(settings.engine_url, poolclass=NullPool)
    try:
        await check_server(engine)
        # The core goes before any module is imported: what one does to the process cannot reach it.
        core = await upgrade_core(engine, tell=tell)
        gated = gate(discover(pass_over=_warn), core_version=__version__)
        assembly = rehearse(
            gated,
            settings,
            set_aside=set_aside,
            begin=lambda name, phase: tell(Began(name, phase)),
            staged=lambda: tell(Staged()),
        )
        result = await _migrate(engine, _targets(assembly), tell=tell)
        ready = [item for item in assembly.modules if item.name not in result.failures]
        quarantined = (*assembly.quarantined, *_quarantine(assembly, result.failures))
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
        migrations=tuple(Migration.of(outcome) for outcome in (*core.outcomes, *result.outcomes)),
    )


async def upgrade_core(
    engine: AsyncEngine, *, tell: Callable[[Event], None] = lambda _event: None
) -> Upgrade:
    """Take the core's own schema to its head, and judge no module.

    Raises:
        OperatorError: it could not be migrated.
    """
    try:
        result = await _migrate(engine, [core_target()], tell=tell)
    except MissingRoles as error:
        raise OperatorError(str(error)) from error
    for failure in result.failures.values():
        if failure.error:
            reason = reason_of(failure.error, package="tochka_migrations")
            raise OperatorError(f"The core's own schema could not be migrated: {reason}")
    return result


async def _migrate(
    engine: AsyncEngine, targets: Sequence[Target], *, tell: Callable[[Event], None]
) -> Upgrade:
    return await upgrade(
        engine,
        targets,
        begin=lambda name: tell(Began(name, "migrate")),
        report=lambda outcome: tell(Migrated(Migration.of(outcome))),
    )


def _warn(distribution: Path) -> None:
    _log.warning("a distribution whose metadata cannot be read", path=str(distribution))


def _missing_revision(module: StagedModule, error: BaseException) -> str | None:
    """Return what Alembic's bare KeyError means, `None` for any other error."""
    raised_in = Path(extract_tb(error.__traceback__)[-1].filename)
    if not (isinstance(error, KeyError) and "alembic" in raised_in.parts and module.migrations):
        return None
    missing = str(error.args[0])
    naming = [
        file.name for file in sorted(module.migrations.glob("*.py")) if missing in file.read_text()
    ]
    return f"{', '.join(naming)}: there is no revision {missing!r} to follow"


def _targets(assembly: Assembly) -> list[Target]:
    return [
        module_target(
            module.name,
            module.migrations,
            requires=module.requires,
            metadata=module.metadata,
        )
        for module in assembly.modules
        if module.migrations is not None
    ]


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
        told = reason_of(failure.error, package=module.candidate.package)
        return _missing_revision(module, failure.error) or told
    return f"needs the module {failure.blocked_by!r}, which is quarantined"
