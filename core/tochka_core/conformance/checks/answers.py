"""Whether all answers are those that the OpenAPI document describes."""

from collections.abc import Iterator
from typing import Final

from schemathesis.core.failures import Failure, FailureGroup

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.fuzzing import Caller, Fuzzer
from tochka_core.conformance.planting import plant_rows
from tochka_core.conformance.report import Fault, Verdict

_TENANT: Final = "fuzzed"
_FITTING: Final = 24
_UNFITTING: Final = 8
_SERVER_ERROR: Final = 500


async def look_at_answers(bench: Bench) -> Verdict:
    """Let schemathesis make up requests, and hold the answers to the document."""
    if not bench.routes:
        return Verdict.nothing("has no routes")
    owner = await bench.people.tenant(_TENANT, modules=[bench.name])
    await plant_rows(bench, bench.people.tenant_id(_TENANT), word="fuzzed")
    member = await bench.people.member(_TENANT, permissions=[])
    callers = [
        Caller("owner", headers=owner.at()),
        Caller("owner again", headers=owner.at()),
        Caller("member", headers=member.at()),
        Caller("nobody"),
    ]
    fuzzer = Fuzzer(bench.client, await bench.document(), callers, tenant=_TENANT)
    faults: list[Fault] = []
    for operation in fuzzer.operations:
        bench.mistakes.clear()
        try:
            await fuzzer.try_out(operation, fitting=_FITTING, unfitting=_UNFITTING)
        except FailureGroup as group:
            faults += _faults(operation.label, group, bench)
    return Verdict(tuple(faults), f"{fuzzer.answers.total()} requests")


def _faults(label: str, group: FailureGroup, bench: Bench) -> Iterator[Fault]:
    for failure in group.exceptions:
        told = failure.title if isinstance(failure, Failure) else type(failure).__name__
        what = f"{label}: {told}"
        message = " ".join(str(failure).split())
        if bench.mistakes and "erver error" in told:
            yield Fault(f"{what}: {bench.mistakes[-1]}", "catch it, or raise a TochkaError")
            continue
        yield Fault(
            f"{what}: {message}"[:300], "mend the answer, or describe it: responses=problems(…)"
        )
