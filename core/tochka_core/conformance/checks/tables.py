"""Tables as the models declare them, each protected."""

from sqlalchemy import Connection, text
from tochka_migrations.drift import find_drift
from tochka_migrations.survey import survey
from tochka_migrations.targets import VERSION_TABLE, Target

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.report import Fault, Verdict

_NO_TABLES = "has no tables"
_TENANTLESS = text(
    "SELECT format('%s.%s', n.nspname, c.relname)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND c.relname <> :version_table"
    " AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid"
    " AND a.attname = 'tenant_id' AND NOT a.attisdropped) ORDER BY 1"
)


async def look_at_protection(bench: Bench) -> Verdict:
    """See that row-level security is in force on every table of tenants, and none goes without."""
    target = bench.target
    if target is None:
        return Verdict.nothing(_NO_TABLES)
    async with bench.engine.connect() as connection:
        return await connection.run_sync(_protection, target)


def _protection(connection: Connection, target: Target) -> Verdict:
    standing = survey(connection, [target])[target.name]
    faults = [
        Fault(f"lacks protection: {statement}", "leave policies and grants to the platform")
        for statement in standing.missing_protection
    ]
    faults += [
        Fault(sentence, "mend it in a revision; docs/isolation.md has the rules")
        for sentence in standing.broken_rules
    ]
    declared = set(target.metadata.tables) if target.metadata is not None else set()
    names = {"schema": target.schema, "version_table": VERSION_TABLE}
    faults += [
        Fault(
            f"{table} has no tenant_id and is in no PlatformModel: all tenants could read it",
            "declare it in tochka_models, as a TenantModel or a PlatformModel, or drop it",
        )
        for table in connection.scalars(_TENANTLESS, names)
        if table not in declared
    ]
    return Verdict(tuple(faults), f"{len(declared)} tables")


async def look_at_drift(bench: Bench) -> Verdict:
    """Compare the tables with what the models declare."""
    target = bench.target
    if target is None:
        return Verdict.nothing(_NO_TABLES)
    async with bench.engine.connect() as connection:
        drift = await connection.run_sync(find_drift, target)
    todo = f"write the revision: tochka modules makemigration {target.name} -m '…'"
    tables = len(target.metadata.tables) if target.metadata is not None else 0
    return Verdict(tuple(Fault(sentence, todo) for sentence in drift), f"{tables} tables")
