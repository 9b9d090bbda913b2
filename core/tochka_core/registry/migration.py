"""Migrating the core and the modules, and telling why a module's migration failed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from traceback import extract_tb

from sqlalchemy.ext.asyncio import AsyncEngine
from tochka_migrations import Outcome, Upgrade, core_target, upgrade
from tochka_migrations.roles import MissingRoles
from tochka_migrations.targets import CORE_TARGET, Target
from tochka_plugins.host import Assembly, Quarantined, StagedModule
from tochka_plugins.host.quarantine import quarantine, reason_of

from tochka_core.errors import OperatorError
from tochka_core.registry.events import Began, Event, Migrated, Migration
from tochka_core.registry.targets import module_targets


async def upgrade_core(
    engine: AsyncEngine, *, tell: Callable[[Event], None] = lambda _event: None
) -> Upgrade:
    """Take the core's own schema to its head.

    Raises:
        OperatorError: it could not be migrated.
    """
    return await _migrate(engine, [core_target()], tell=tell)


async def upgrade_modules(
    engine: AsyncEngine, assembly: Assembly, *, tell: Callable[[Event], None]
) -> Upgrade:
    """Take the schemas of all modules to their heads; the core's is there already."""
    return await _migrate(engine, module_targets(assembly), tell=tell)


async def rehearse_all(
    engine: AsyncEngine, assembly: Assembly, *, tell: Callable[[Event], None]
) -> Upgrade:
    """Return what upgrading the core and then the modules would come to, and change nothing.

    Raises:
        OperatorError: the core's own schema could not be migrated.
    """
    return await _migrate(
        engine, [core_target(), *module_targets(assembly)], rehearse=True, tell=tell
    )


async def _migrate(
    engine: AsyncEngine,
    targets: Sequence[Target],
    *,
    rehearse: bool = False,
    tell: Callable[[Event], None],
) -> Upgrade:
    try:
        result = await upgrade(
            engine,
            targets,
            rehearse=rehearse,
            begin=lambda name: tell(Began(name, "migrate")),
            report=lambda outcome: tell(Migrated(Migration.of(outcome))),
        )
    except MissingRoles as error:
        raise OperatorError(str(error)) from error
    failure = result.failures.get(CORE_TARGET)
    if failure and failure.error:
        reason = reason_of(failure.error, package="tochka_migrations")
        raise OperatorError(f"The core's own schema could not be migrated: {reason}")
    return result


def not_migrated(assembly: Assembly, result: Upgrade) -> tuple[Quarantined, ...]:
    """Return the quarantines of the modules whose schemas are not at their heads."""
    return tuple(
        quarantine(
            module.candidate,
            "migrate",
            _reason(module, result.failures[module.name]),
            blocked_by=result.failures[module.name].blocked_by,
        )
        for module in assembly.modules
        if module.name in result.failures
    )


def _reason(module: StagedModule, failure: Outcome) -> str:
    if failure.error is None:
        return f"needs the module {failure.blocked_by!r}, which is quarantined"
    return why_it_failed(
        failure.error, package=module.candidate.package, versions=module.migrations
    )


def why_it_failed(error: BaseException, *, package: str, versions: Path | None) -> str:
    """Return in one line what kept the revisions in *versions*, of *package*, from running."""
    return _missing_revision(versions, error) or reason_of(error, package=package)


def _missing_revision(versions: Path | None, error: BaseException) -> str | None:
    """Return what Alembic's bare KeyError means, `None` for any other error."""
    raised_in = Path(extract_tb(error.__traceback__)[-1].filename)
    if not (isinstance(error, KeyError) and "alembic" in raised_in.parts and versions):
        return None
    missing = str(error.args[0])
    naming = [file.name for file in sorted(versions.glob("*.py")) if missing in file.read_text()]
    return f"{', '.join(naming)}: there is no revision {missing!r} to follow"
