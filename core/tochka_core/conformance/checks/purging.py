"""What is left of a tenant, and of the module itself, once it is purged."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, select, text
from tochka_migrations.rls import all_rows
from tochka_plugins import Conflict
from tochka_plugins.schemas import schema_of

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.planting import plant_rows
from tochka_core.conformance.report import Fault, Verdict
from tochka_core.registry.purge import drop_remains
from tochka_core.tenants.models import Tenant
from tochka_core.tenants.purging import purge_tenant

_TENANT: Final = "leaving"
_MENTIONS: Final = (
    "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.columns"
    " WHERE table_schema = 'tochka' AND column_name = 'module' ORDER BY 1"
)


async def look_at_purge(bench: Bench) -> Verdict:
    """Purge a tenant, and then the module as if its package were gone."""
    await bench.people.tenant(_TENANT, modules=[bench.name])
    await plant_rows(bench, _TENANT, word="leaving")
    faults = [*await _leave(bench)]
    async with bench.engine.connect() as connection:
        await drop_remains(connection, bench.name)
        left = await connection.run_sync(_left, bench.name)
        await connection.rollback()
    todo = "keep everything in tables of the module's own schema"
    faults += [Fault(f"{place} is left of the purged module", todo) for place in left]
    return Verdict(tuple(faults), "a tenant, then the module")


async def _leave(bench: Bench) -> Sequence[Fault]:
    """Purge the tenant, and return what is wrong with it."""
    tenant_id = bench.people.tenant_id(_TENANT)
    todo = 'give the foreign key to tochka.tenants.id ondelete="CASCADE"'
    try:
        async with bench.database.platform_scope(reason="conformance") as session:
            tenant = (await session.scalars(select(Tenant).where(Tenant.id == tenant_id))).one()
            tenant.purge_after = datetime.now(UTC)
            await purge_tenant(session, tenant)
    except Conflict as refusal:
        return [Fault(refusal.detail, todo)]
    left = [table for table, rows in (await bench.rows_of(_TENANT)).items() if rows]
    return [Fault(f"{table} keeps rows of a tenant that is purged", todo) for table in left]


def _left(connection: Connection, module: str) -> list[str]:
    with all_rows(connection):
        return [*_places(connection, module)]


def _places(connection: Connection, module: str) -> Iterator[str]:
    if connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": schema_of(module)}):
        yield f"the schema {schema_of(module)}"
    for table in connection.scalars(text(_MENTIONS)):
        found = text(f"SELECT count(*) FROM {table} WHERE module = :module")  # noqa: S608 - the catalog has quoted it
        if connection.scalar(found, {"module": module}):
            yield f"a row of {table}"
