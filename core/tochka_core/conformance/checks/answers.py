"""Whether all answers are those that the OpenAPI document describes."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from schemathesis.core.failures import Failure, FailureGroup

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.fuzzing import Caller, Fuzzer
from tochka_core.conformance.planting import known_rows, plant_rows
from tochka_core.conformance.report import Fault, Verdict

_TENANT: Final = "fuzzed"
_FITTING: Final = 24
_UNFITTING: Final = 8
_FIRST_REFUSAL: Final = 400


async def look_at_answers(bench: Bench) -> Verdict:
    """Let schemathesis make up requests, and hold the answers to the document."""
    if not bench.routes:
        return Verdict.nothing("has no routes")
    owner = await bench.people.tenant(_TENANT, modules=[bench.name])
    await plant_rows(bench, _TENANT, word="fuzzed")
    member = await bench.people.member(_TENANT, permissions=[])
    known = await known_rows(bench, _TENANT)
    words = {name: partial(str, value) for name, value in known.items()}
    powerful = Caller("owner", headers=owner.at(), words=words)
    callers = [powerful, powerful, Caller("member", headers=member.at()), Caller("nobody")]
    fuzzer = Fuzzer(bench.client, await bench.document(), callers, tenant=_TENANT)
    faults: list[Fault] = []
    for operation in fuzzer.operations:
        bench.mistakes.clear()
        try:
            await fuzzer.try_out(operation, fitting=_FITTING, unfitting=_UNFITTING)
        except FailureGroup as group:
            faults += _faults(operation.label, group, bench)
    return Verdict(tuple(faults), _summary(fuzzer))


def _summary(fuzzer: Fuzzer) -> str:
    """Return how many requests there were, and which operations have refused all of them."""
    succeeded = {label for label, _, status in fuzzer.answers if status < _FIRST_REFUSAL}
    failed = [item.label for item in fuzzer.operations if item.label not in succeeded]
    told = f"{fuzzer.answers.total()} requests"
    return f"{told}; refused all: {', '.join(failed)}" if failed else told


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
