"""One judgement per environment: what is installed is gated, loaded, staged and migrated, once.

Workers follow the record that it leaves.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tochka_migrations import Outcome, Upgrade, core_target, upgrade
from tochka_migrations.roles import MissingRoles
from tochka_migrations.targets import Target, module_target
from tochka_plugins.host import Assembly, Quarantined, StagedModule, assemble, discover, gate
from tochka_plugins.host.quarantine import reason_of

from tochka_core import __version__
from tochka_core.db import Database
from tochka_core.db.preflight import check_server
from tochka_core.errors import OperatorError
from tochka_core.http.dependencies import public_dependencies
from tochka_core.http.mounting import TrialMount
from tochka_core.registry.record import write_judgement
from tochka_core.settings import Settings


class Judgement(msgspec.Struct, frozen=True):
    """What was found."""

    ready: tuple[StagedModule, ...]
    """In the order of dependencies."""
    quarantined: tuple[Quarantined, ...]
    outcomes: tuple[Outcome, ...]
    """What the migrations did, the core's first."""


async def judge(
    settings: Settings, *, report: Callable[[Outcome], None] = lambda _outcome: None
) -> Judgement:
    """Judge all installed modules, migrate the database and leave the record.

    *report* is called after each schema.

    Raises:
        OperatorError: the database cannot be used, or the core's own migration failed.
    """
    database = Database(settings.engine_url, pool_size=1)
    engine = create_async_engine(settings.engine_url, poolclass=NullPool)
    try:
        await check_server(engine)
        gated = gate(discover(), core_version=__version__)
        assembly = assemble(gated, try_mount=TrialMount(public_dependencies(database)))
        result = await _migrate(engine, _targets(assembly, gated.requires), report=report)
        judgement = Judgement(
            ready=tuple(item for item in assembly.modules if item.name not in result.failures),
            quarantined=(*assembly.quarantined, *_quarantine(assembly, result.failures)),
            outcomes=result.outcomes,
        )
        async with database.platform_scope(reason="record of the judgement") as session:
            await write_judgement(
                session,
                ready=judgement.ready,
                requires=gated.requires,
                quarantined=judgement.quarantined,
            )
    finally:
        await engine.dispose()
        await database.dispose()
    return judgement


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
    report: Callable[[Outcome], None] = lambda _outcome: None,
) -> Upgrade:
    """Take the core's schema to its head, then those of *modules*, and insist on the core's."""
    try:
        result = await upgrade(engine, [core_target(), *modules], report=report)
    except MissingRoles as error:
        raise OperatorError(str(error)) from error
    failure = result.failures.get("core")
    if failure and failure.error:
        reason = reason_of(failure.error, package="tochka_migrations")
        raise OperatorError(f"The core's own schema could not be migrated: {reason}")
    return result


def _targets(assembly: Assembly, requires: Mapping[str, frozenset[str]]) -> list[Target]:
    return [
        module_target(
            module.name,
            module.migrations,
            requires=requires[module.name],
            metadata=module.metadata,
        )
        for module in assembly.modules
        if module.migrations is not None
    ]


def _quarantine(assembly: Assembly, failures: Mapping[str, Outcome]) -> Sequence[Quarantined]:
    return [
        Quarantined(
            name=module.name,
            phase="migrate",
            reason=_reason(module, failures[module.name]),
            distribution=module.candidate.distribution,
            version=module.candidate.version,
            blocked_by=failures[module.name].blocked_by,
        )
        for module in assembly.modules
        if module.name in failures
    ]


def _reason(module: StagedModule, failure: Outcome) -> str:
    if failure.error is not None:
        return reason_of(failure.error, package=module.candidate.package)
    return f"needs the module {failure.blocked_by!r}, which is quarantined"
