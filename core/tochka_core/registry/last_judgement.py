"""The last judgement as a whole, and whether it still stands."""

import msgspec
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_migrations import Target, core_target
from tochka_migrations.roles import PLATFORM_ROLE, TENANT_ROLE, is_ready
from tochka_migrations.survey import survey
from tochka_migrations.targets import CORE_TARGET, CORE_VERSIONS
from tochka_plugins.schemas import schema_of

from tochka_core.db.maintenance import maintenance_engine
from tochka_core.db.preflight import check_server
from tochka_core.registry.events import Judgement, Migration
from tochka_core.registry.fingerprint import fingerprint
from tochka_core.registry.models import LastJudgement, Module
from tochka_core.settings import Settings


async def write_last_judgement(
    session: AsyncSession, judgement: Judgement, *, environment: str | None
) -> None:
    """Replace the last judgement; where it stands there is nothing to migrate.

    *environment* is the fingerprint of what was judged, taken before: what is installed meanwhile
    makes it another one.
    """
    migrations = [Migration(item.target, item.after, item.after) for item in judgement.migrations]
    lasting = msgspec.structs.replace(judgement, migrations=tuple(migrations))
    values = {"environment": environment, "document": msgspec.to_builtins(lasting)}
    statement = insert(LastJudgement).values(**values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[LastJudgement.is_last], set_=values)
    )


async def read_last_judgement(session: AsyncSession) -> Judgement | None:
    """Return the last judgement; `None` before the first."""
    document = await session.scalar(select(LastJudgement.document))
    return None if document is None else msgspec.convert(document, Judgement)


async def find_standing_judgement(settings: Settings) -> Judgement | None:
    """Return the last judgement if it would come out the same now; `None` where it might not.

    It does where nothing was installed or removed since, no module is quarantined, and each schema
    is at its revision and protected.

    Raises:
        OperatorError: the database cannot be used.
    """
    environment = fingerprint()
    if environment is None:
        return None
    async with maintenance_engine(settings.engine_url) as engine:
        await check_server(engine)
        async with engine.connect() as connection:
            return await connection.run_sync(_find, environment)


def _find(connection: Connection, environment: str) -> Judgement | None:
    if not (
        connection.scalar(text("SELECT to_regclass('tochka.judgement') IS NOT NULL"))
        and all(is_ready(connection, role) for role in (TENANT_ROLE, PLATFORM_ROLE))
    ):
        return None
    document = connection.scalar(
        select(LastJudgement.document).where(LastJudgement.environment == environment)
    )
    if document is None:
        return None
    judgement = msgspec.convert(document, Judgement)
    if judgement.quarantined or not _is_recorded(connection, judgement):
        return None
    return _as_it_stands(connection, judgement)


def _is_recorded(connection: Connection, judgement: Judgement) -> bool:
    """Tell whether the workers, who follow the record, would serve what the judgement says."""
    rows = connection.execute(select(Module.name, Module.version).where(Module.state == "ready"))
    return {(row.name, row.version) for row in rows} == {
        (item.name, item.version) for item in judgement.ready
    }


def _as_it_stands(connection: Connection, judgement: Judgement) -> Judgement | None:
    standings = survey(connection, [_target(item) for item in judgement.migrations])
    for item in judgement.migrations:
        standing = standings[item.target]
        if standing.revision != item.after or not standing.is_sound:
            return None
    return judgement


def _target(migration: Migration) -> Target:
    """Return what the survey needs to know of a target, without the module's revisions."""
    if migration.target == CORE_TARGET:
        return core_target()
    return Target(migration.target, schema_of(migration.target), CORE_VERSIONS)
