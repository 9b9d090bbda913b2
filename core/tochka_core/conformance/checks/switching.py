"""A tenant that enables the module, disables it, and enables it again."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.people import CannotPrepare
from tochka_core.conformance.planting import plant_rows
from tochka_core.conformance.report import Fault, Verdict
from tochka_core.conformance.rows import Rows

_TENANT: Final = "switching"
_NOT_FOUND: Final = 404


async def look_at_switching(bench: Bench) -> Verdict:
    """See that it can be done, that the routes go and come, and that the rows stay."""
    owner = await bench.people.tenant(_TENANT)
    faults = []
    try:
        await bench.people.switch(_TENANT, bench.name, enabled=True)
        await plant_rows(bench, _TENANT, word="kept")
        before = await bench.rows_of(_TENANT)
        await bench.people.switch(_TENANT, bench.name, enabled=False)
        for route in bench.routes:
            headers = {"X-Tenant": _TENANT} if route.is_anonymous else owner.at(_TENANT)
            answer = await bench.client.request(route.method, route.sample, headers=headers)
            if answer.status_code != _NOT_FOUND:
                what = f"{route} answers {answer.status_code} where the module is disabled"
                faults.append(Fault(what, "answer nothing before the platform's own gate"))
        await bench.people.switch(_TENANT, bench.name, enabled=True)
        faults += _lost(before, await bench.rows_of(_TENANT))
        for enabled in (False, True):
            await bench.people.switch(_TENANT, bench.name, enabled=enabled)
    except CannotPrepare as refusal:
        todo = "let tochka_module_enabled and tochka_module_disabled run through, more than once"
        faults.append(Fault(str(refusal), todo))
    return Verdict(tuple(faults), "enabled three times, disabled twice")


def _lost(before: Rows, after: Rows) -> Sequence[Fault]:
    lost = [
        table
        for table, rows in before.items()
        if {_key(row) for row in rows} - {_key(row) for row in after.get(table, [])}
    ]
    todo = "keep what the tenant has; the platform removes it when the module is purged"
    return [Fault(f"rows of {table} are gone once it was disabled", todo) for table in lost]


def _key(row: Mapping[str, Any]) -> str:
    return str(row.get("id", row))
