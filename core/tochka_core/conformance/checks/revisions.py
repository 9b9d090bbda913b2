"""The module's revisions: forward, back to nothing, and forward again."""

from collections.abc import Sequence

from sqlalchemy import Connection, text
from tochka_migrations import Target
from tochka_migrations.downgrading import BASE, downgrade, plan_downgrade
from tochka_migrations.drift import find_drift
from tochka_migrations.runner import upgrade
from tochka_migrations.targets import VERSION_TABLE

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.report import Fault, Verdict

_LEFT = text(
    "WITH own AS (SELECT oid FROM pg_namespace WHERE nspname = :schema)"
    " SELECT format('the table %s', c.oid::regclass) FROM pg_class c, own"
    " WHERE c.relnamespace = own.oid AND c.relkind <> 'i' AND c.relname <> :version_table"
    " UNION ALL SELECT format('the type %s', format_type(t.oid, NULL)) FROM pg_type t, own"
    " WHERE t.typnamespace = own.oid AND t.typtype IN ('e', 'd')"
    " UNION ALL SELECT format('the function %s', p.oid::regprocedure) FROM pg_proc p, own"
    " WHERE p.pronamespace = own.oid ORDER BY 1"
)


async def look_at_way_back(bench: Bench) -> Verdict:
    """Take the schema back to nothing, and forward again."""
    target = bench.target
    if target is None:
        return Verdict.nothing("has no tables")
    async with bench.engine.connect() as connection:
        planned = await connection.run_sync(plan_downgrade, target, BASE)
    try:
        await downgrade(bench.engine, target, planned)
    except Exception as error:  # noqa: BLE001 - a revision may raise anything
        todo = "let downgrade take back what upgrade has made, in each revision"
        return Verdict((Fault(f"there is no way back: {bench.reason(error)}", todo),))
    async with bench.engine.connect() as connection:
        left = await connection.run_sync(_left, target)
    faults = [
        Fault(f"{name} is still there when all revisions are taken back", "drop it in downgrade")
        for name in left
    ]
    if faults:
        return Verdict(tuple(faults))
    result = await upgrade(bench.engine, [target])
    for failure in result.failures.values():
        told = bench.reason(failure.error) if failure.error else "something else has failed"
        faults.append(Fault(f"it does not go forward again: {told}", "mend the revision"))
    if not faults:
        async with bench.engine.connect() as connection:
            drift = await connection.run_sync(find_drift, target)
        faults += [Fault(f"after going back and forward {item}", "mend it") for item in drift]
    return Verdict(tuple(faults), f"from {planned.before} to nothing and back")


def _left(connection: Connection, target: Target) -> Sequence[str]:
    names = {"schema": target.schema, "version_table": VERSION_TABLE}
    return connection.scalars(_LEFT, names).all()
