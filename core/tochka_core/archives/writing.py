"""Writing a tenant out, in one snapshot, however many rows it has."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins.schemas import CORE_SCHEMA, schema_of

from tochka_core import __version__
from tochka_core.archives.manifest import (
    FORMAT_VERSION,
    MANIFEST_PATH,
    PEOPLE_PATH,
    Contents,
    ExportedModule,
    ExportedTable,
    ExportedTenant,
    Manifest,
    path_of,
)
from tochka_core.archives.portable import list_portable_tables
from tochka_core.archives.revisions import core_revision
from tochka_core.archives.zipping import Entry, Zipping
from tochka_core.db.narrowing import narrowed
from tochka_core.module_settings.stored import set_modules
from tochka_core.registry.models import Module
from tochka_core.registry.services import enabled_modules
from tochka_core.tenants.models import Tenant
from tochka_core.tenants.tables import TenantTable, quoted

Write = Callable[[bytes], Awaitable[None]]

_AS_LINES: Final = {"format": "csv", "quote": "\x01", "delimiter": "\x02"}
"""Has COPY send each value as it is: JSON has no control characters, which it escapes."""


async def write_archive(
    session: AsyncSession, tenant: Tenant, revisions: Mapping[str, str | None], write: Write
) -> Manifest:
    """Hand *tenant* to *write* piece by piece, as *session*, a snapshot, sees it.

    Modules' rows are read in the scope of the tenant. *write* sets the pace: nothing is read ahead.
    """
    exporting = _Exporting(session, tenant.id, write)
    tables = await list_portable_tables(session)
    modules = await _modules_of(session, tenant.id, tables, revisions)
    schemas = {CORE_SCHEMA, *(schema_of(module.name) for module in modules)}
    wanted = [table for table in tables if table.schema in schemas]
    people = await exporting.copy(session, PEOPLE_PATH, _people_of(wanted, tenant.id))
    exported = [
        ExportedTable(table.path, table.columns, await exporting.table(table)) for table in wanted
    ]
    manifest = Manifest(
        format="tochka-tenant",
        format_version=FORMAT_VERSION,
        exported_at=datetime.now(UTC),
        core_version=__version__,
        core_revision=core_revision(revisions),
        tenant=ExportedTenant(
            id=tenant.id,
            name=tenant.name,
            title=tenant.title,
            created_at=tenant.created_at,
            suspended_at=tenant.suspended_at,
            suspension_reason=tenant.suspension_reason,
        ),
        modules=tuple(modules),
        people=people,
        tables=tuple(exported),
    )
    await exporting.finish(manifest)
    return manifest


class _Exporting:
    """An archive that is being written."""

    def __init__(self, session: AsyncSession, tenant_id: UUID, write: Write) -> None:
        self._session = session
        self._tenant_id = tenant_id
        self._write = write
        self._zipping = Zipping()

    async def table(self, table: TenantTable) -> Contents:
        path = path_of(table.path)
        rows = (
            f"SELECT to_jsonb(r)::text FROM (SELECT {table.column_list} FROM {table.quoted}"  # noqa: S608 - the catalog has quoted them
            f" WHERE tenant_id = '{self._tenant_id}') AS r"
        )
        if table.schema == CORE_SCHEMA:
            return await self.copy(self._session, path, rows)
        async with narrowed(self._session, self._tenant_id) as own:
            return await self.copy(own, path, rows)

    async def copy(self, session: AsyncSession, path: str, query: str) -> Contents:
        """Write the lines that *query* gives into the file *path*."""
        raw = await (await session.connection()).get_raw_connection()
        driver: Any = raw.driver_connection
        with self._zipping.file(path) as entry:

            async def add(lines: bytes) -> None:
                # Away from the event loop: other requests are served by it.
                await self._write(await asyncio.to_thread(self._add, entry, lines))

            await driver.copy_from_query(query, output=add, **_AS_LINES)
        return entry.contents

    async def finish(self, manifest: Manifest) -> None:
        with self._zipping.file(MANIFEST_PATH) as entry:
            entry.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        self._zipping.close()
        await self._write(self._zipping.take())

    def _add(self, entry: Entry, lines: bytes) -> bytes:
        entry.write(lines)
        return self._zipping.take()


async def _modules_of(
    session: AsyncSession,
    tenant_id: UUID,
    tables: Sequence[TenantTable],
    revisions: Mapping[str, str | None],
) -> list[ExportedModule]:
    """Return the modules that the tenant has enabled or set, or that keep rows of it, by name."""
    names = {*await enabled_modules(session, tenant_id), *await set_modules(session, tenant_id)}
    for table in tables:
        if table.module is not None and table.module not in names:
            has_rows = text(f"SELECT EXISTS (SELECT FROM {table.quoted} WHERE tenant_id = :tenant)")  # noqa: S608 - the catalog has quoted it
            if await session.scalar(has_rows, {"tenant": tenant_id}):
                names.add(table.module)
    rows = await session.execute(select(Module.name, Module.version).where(Module.name.in_(names)))
    versions = {row.name: row.version for row in rows}
    return [ExportedModule(name, versions.get(name), revisions.get(name)) for name in sorted(names)]


def _people_of(tables: Sequence[TenantTable], tenant_id: UUID) -> str:
    """Return the query of the people that rows of the tenant refer to."""
    references = " UNION ".join(
        f"SELECT {quoted(column)} FROM {table.quoted} WHERE tenant_id = '{tenant_id}'"  # noqa: S608 - as above
        for table in tables
        for column in table.user_columns
    )
    return (
        "SELECT jsonb_build_object('id', id, 'phone', phone)::text FROM tochka.users"  # noqa: S608 - as above
        f" WHERE id IN ({references})"
    )
