"""What modules have told, for a test to look at: rows, so that what is rolled back is not there."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_migrations.roles import PLATFORM_ROLE, TENANT_ROLE
from tochka_plugins import Event, event_name
from tochka_plugins.host import StagedModule

from tochka_core.db import Database
from tochka_core.db.maintenance import maintenance_engine

HEARD: Final = "tochka_heard"
"""The schema of the table."""

_COLUMNS: Final = "number bigint GENERATED ALWAYS AS IDENTITY, tenant_id uuid, event jsonb"
_TABLE: Final = (
    f"CREATE SCHEMA {HEARD}",
    f"CREATE TABLE {HEARD}.events ({_COLUMNS})",
    f"GRANT USAGE ON SCHEMA {HEARD} TO {TENANT_ROLE}, {PLATFORM_ROLE}",
    f"GRANT SELECT, INSERT ON {HEARD}.events TO {TENANT_ROLE}, {PLATFORM_ROLE}",
)
_WRITE: Final = text(
    f"INSERT INTO {HEARD}.events (tenant_id, event) VALUES (:tenant, CAST(:event AS jsonb))"  # noqa: S608 - made of constants
)
_READ: Final = text(
    f"SELECT event::text FROM {HEARD}.events"  # noqa: S608 - as above
    " WHERE tenant_id = :tenant OR CAST(:tenant AS uuid) IS NULL ORDER BY number"
)


async def prepare(url: URL) -> None:
    """Make the table."""
    async with maintenance_engine(url) as engine, engine.begin() as connection:
        for statement in _TABLE:
            await connection.execute(text(statement))


async def write_down(session: AsyncSession, tenant_id: UUID, event: Event) -> None:
    """Keep what is told, if the transaction of *session* is."""
    document = msgspec.json.encode(event).decode()
    await session.execute(_WRITE, {"tenant": tenant_id, "event": document})


async def read(
    database: Database, modules: Sequence[StagedModule], tenant_id: UUID | None
) -> Sequence[Event]:
    """Return what *modules* have told a tenant, or all of them, the oldest first."""
    kinds = {event_name(kind): kind for module in modules for kind in module.events}
    async with database.platform_scope(reason="test") as session:
        found = [*await session.scalars(_READ, {"tenant": tenant_id})]
    named = [(msgspec.json.decode(document)["type"], document) for document in found]
    return [msgspec.json.decode(document, type=kinds[name]) for name, document in named]
