"""Taking a tenant in from an archive: all of it, or nothing."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_migrations.roles import TENANT_ROLE
from tochka_plugins import Conflict
from uuid_utils.compat import uuid7

from tochka_core.archives.manifest import ExportedTable, Manifest
from tochka_core.archives.people import People, settle_people
from tochka_core.archives.portable import list_portable_tables
from tochka_core.archives.reading import Archive, ArchiveRefused
from tochka_core.archives.revisions import core_revision
from tochka_core.archives.rows import TableReading
from tochka_core.audit.services import is_told_of, record
from tochka_core.db.narrowing import narrowed
from tochka_core.domains.claims import check_claims, renew_tokens
from tochka_core.module_settings.history import check_versions
from tochka_core.registry.record import read_ready
from tochka_core.registry.services import enabled_modules
from tochka_core.tenants.invitations import check_invitations
from tochka_core.tenants.models import Tenant
from tochka_core.tenants.names import check_tenant_name
from tochka_core.tenants.roles import check_roles
from tochka_core.tenants.tables import TenantTable, quoted

_STAGE: Final = "pg_temp.tochka_import"
_FIRST_TIME: Final = "0001-01-01 00:00+00"
_END_OF_TIME: Final = "10000-01-01 00:00+00"


class Import(msgspec.Struct, frozen=True):
    """What was taken in."""

    id: UUID
    name: str
    rows: int
    people: int
    """Those that rows refer to."""
    people_created: int
    """Those of them who were not here; each has a password that nobody knows."""
    modules: tuple[str, ...]
    """Those that are enabled, by name; also such as only a `platform_master` may enable."""


async def store_archive(
    session: AsyncSession,
    archive: Archive,
    *,
    name: str | None,
    revisions: Mapping[str, str | None],
) -> Import:
    """Make the tenant that *archive* holds, called *name* and with a new id where that is given.

    *session* sees all tenants, and has to be rolled back when this raises.

    Raises:
        ArchiveRefused: a module is missing or at another revision, or the archive does not fit.
        InvalidInput: a name, of the tenant, a role or a domain, a phone or what is told of a change
            of settings breaks a rule.
        Conflict: the name or the id is taken, or the id was, or there are too many roles.
    """
    manifest = archive.manifest
    await _refuse_unfit(session, manifest, revisions)
    pairs = _matched(manifest, await list_portable_tables(session))
    try:
        tenant = await _make_tenant(session, manifest, name)
        people = await settle_people(session, archive)
        storing = _Storing(session, archive, tenant.id, people)
        await storing.begin()
        for exported, table in pairs:
            await storing.store(exported, table)
        await storing.end()
        await check_roles(session, tenant.id)
        await check_claims(session, tenant.id)
        await check_invitations(session, tenant.id)
        await check_versions(session, tenant.id)
        # Tokens are read in the DNS by anybody, and whoever made the archive may have done so.
        await renew_tokens(session, tenant.id)
    except DBAPIError as error:
        raise ArchiveRefused(f"The database refuses the archive: {_first_line(error)}") from error
    rows = sum(table.contents.rows for table in manifest.tables)
    source = manifest.tenant
    about = {
        "name": tenant.name,
        "rows": rows,
        "people_created": people.created,
        "source": source.name,
        "source_id": source.id,
    }
    record(session, "tenant.imported", actor=None, tenant=tenant.id, **about)
    modules = tuple(sorted(await enabled_modules(session, tenant.id)))
    return Import(tenant.id, tenant.name, rows, len(people.ids), people.created, modules)


async def _refuse_unfit(
    session: AsyncSession, manifest: Manifest, revisions: Mapping[str, str | None]
) -> None:
    """Refuse an archive whose tables are not built as those here.

    Raises:
        ArchiveRefused: the core or a module is at another revision, or a module is not ready.
    """
    lacking = []
    if manifest.core_revision != core_revision(revisions):
        here = core_revision(revisions)
        lacking.append(f"the core is at {here} here and was at {manifest.core_revision}")
    ready = await read_ready(session)
    for module in manifest.modules:
        revision = revisions.get(module.name)
        if module.name not in ready:
            which = f"{module.name} {module.version or ''}".rstrip()
            lacking.append(f"the module {which} is not ready here")
        elif revision != module.revision:
            lacking.append(f"{module.name} is at {revision} here and was at {module.revision}")
    if lacking:
        raise ArchiveRefused(f"The archive does not fit this installation: {'; '.join(lacking)}.")


def _matched(
    manifest: Manifest, tables: Sequence[TenantTable]
) -> list[tuple[ExportedTable, TenantTable]]:
    """Return each table of the archive with the one here, in the order of foreign keys.

    Raises:
        ArchiveRefused: there is no such table of tenants here, or it has other columns, or is of a
            module that the archive does not name.
    """
    wanted = {table.table: table for table in manifest.tables}
    modules = {module.name for module in manifest.modules}
    pairs = [(wanted.pop(table.path), table) for table in tables if table.path in wanted]
    if wanted:
        raise ArchiveRefused(f"There is no table {', '.join(sorted(wanted))} of tenants here.")
    for theirs, ours in pairs:
        if sorted(theirs.columns) != sorted(ours.columns):
            raise ArchiveRefused(f"The table {ours.path} has other columns here.")
        if ours.module is not None and ours.module not in modules:
            raise ArchiveRefused(f"The archive does not name the module of {ours.path}.")
    return pairs


async def _make_tenant(session: AsyncSession, manifest: Manifest, name: str | None) -> Tenant:
    source = manifest.tenant
    tenant = Tenant(
        id=source.id if name is None else uuid7(),
        name=check_tenant_name(name or source.name),
        title=source.title,
        created_at=source.created_at,
        suspended_at=source.suspended_at,
        suspension_reason=source.suspension_reason,
    )
    there = await session.scalar(
        select(Tenant.name).where(or_(Tenant.name == tenant.name, Tenant.id == tenant.id))
    )
    if there is not None:
        raise Conflict(
            f"The tenant {there} is here already; with --name the archive becomes another one."
        )
    # Entries outlive their tenant; whoever made the archive would read those of another one.
    if await is_told_of(session, tenant.id):
        raise Conflict(
            "The audit log here has entries of a tenant with this id; with --name the archive"
            " becomes another one."
        )
    session.add(tenant)
    await session.flush()
    return tenant


class _Storing:
    """Puts rows in their tables, by way of a temporary one.

    From there all rows of a table go in one statement, so that they may point to each other.
    """

    def __init__(
        self, session: AsyncSession, archive: Archive, tenant_id: UUID, people: People
    ) -> None:
        self._session = session
        self._archive = archive
        self._tenant_id = tenant_id
        self._people = people

    async def begin(self) -> None:
        await self._session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        await self._session.execute(text(f"CREATE TEMP TABLE {_STAGE} (line jsonb) ON COMMIT DROP"))
        await self._session.execute(text(f"GRANT SELECT ON {_STAGE} TO {TENANT_ROLE}"))

    async def store(self, exported: ExportedTable, table: TenantTable) -> None:
        """Store the rows of one table; those of a module in the scope of the tenant."""
        theirs = self._archive.manifest.tenant.id
        reading = TableReading(exported, table, tenant_id=theirs, people=self._people)
        add = text(f"INSERT INTO {_STAGE} SELECT jsonb_array_elements(CAST(:rows AS jsonb))")
        for batch in reading.batches(self._archive):
            await self._session.execute(add, {"rows": f"[{batch}]"})
        if table.module is None:
            await self._move(self._session, table)
        else:
            async with narrowed(self._session, self._tenant_id) as own:
                await self._move(own, table)
        await self._session.execute(text(f"TRUNCATE {_STAGE}"))

    async def end(self) -> None:
        """Have all foreign keys looked at."""
        await self._session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))

    async def _move(self, session: AsyncSession, table: TenantTable) -> None:
        values = ", ".join(
            ":tenant" if column == "tenant_id" else f"r.{quoted(column)}"
            for column in table.columns
        )
        insertion = text(
            f"INSERT INTO {table.quoted} ({table.column_list}) OVERRIDING SYSTEM VALUE"  # noqa: S608 - the catalog has quoted them
            f" SELECT {values} FROM {_STAGE} AS staged,"
            f" jsonb_populate_record(NULL::{table.quoted}, staged.line) AS r"
        )
        await session.execute(insertion, {"tenant": self._tenant_id})
        await self._check_times(session, table)

    async def _check_times(self, session: AsyncSession, table: TenantTable) -> None:
        """Refuse what PostgreSQL keeps and Python cannot read: a list with it would be no answer.

        Infinity is what the driver writes for the last moment that Python knows; a module may keep
        it, the core has no use for it.
        """
        infinite = "false" if table.module is None else "NOT isfinite({0})"
        rule = f"({{0}} >= '{_FIRST_TIME}' AND {{0}} < '{_END_OF_TIME}' OR {infinite})"
        rules = " AND ".join(rule.format(quoted(column)) for column in table.time_columns)
        broken = text(
            f"SELECT EXISTS (SELECT FROM {table.quoted}"  # noqa: S608 - the catalog has quoted it
            f" WHERE tenant_id = :tenant AND NOT ({rules or 'true'}))"
        )
        if await session.scalar(broken, {"tenant": self._tenant_id}):
            raise ArchiveRefused(f"A time in {table.path} is not between the years 1 and 9999.")


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).partition("\n")[0]
