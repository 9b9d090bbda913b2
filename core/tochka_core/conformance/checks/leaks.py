"""Two tenants, and whether the one reaches what the other has."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from msgspec.structs import replace

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.bodies import Bodies, fitting_bodies
from tochka_core.conformance.leaks import EXISTENCE, Loot, Operation, Prey, hunt, operations
from tochka_core.conformance.people import Person
from tochka_core.conformance.planting import known_rows, naming, plant
from tochka_core.conformance.report import Fault, Verdict
from tochka_core.conformance.rows import Rows

_VICTIM: Final = "alpha"
_ROBBER: Final = "beta"
_WORDS: Final = {_VICTIM: "robbed", _ROBBER: "thievish"}
_SHOWN: Final = 5
_AT_MOST: Final = 500
"""Probes of one operation by one robber; with many tables and parameters there would be no end."""

_TODO: Final = "reach rows by `session: Session` alone, and keep nothing between requests"


async def look_for_leaks(bench: Bench) -> Verdict:
    """Let one tenant own something of everything, and try to reach it from another one."""
    if not bench.routes:
        return Verdict.nothing("has no routes")
    document = await bench.document()
    bodies = fitting_bodies(document, word=_WORDS[_VICTIM])
    victim, unfilled = await _settle(bench, _VICTIM, bodies)
    thief, _ = await _settle(bench, _ROBBER, fitting_bodies(document, word=_WORDS[_ROBBER]))
    stranger = await bench.people.person()
    before, others = await bench.rows_of(_VICTIM), await bench.rows_of(_ROBBER)
    known = await known_rows(bench, _VICTIM)
    prey = Prey.of(_VICTIM, bench.people.tenant_id(_VICTIM), before, others)
    everything = [_with_body(item, bodies, known) for item in operations(document)]
    for operation in everything:  # what may be cached is cached now
        if operation.method == "get" and not operation.path_parameters:
            await bench.client.get(operation.path, headers=victim.at(_VICTIM))
    robbers = [thief.at(), stranger.at()]
    loot = await hunt(
        bench.client, everything, prey, own_name=_ROBBER, robbers=robbers, at_most=_AT_MOST
    )
    faults = [*_faults(loot), *_changes(before, await bench.rows_of(_VICTIM))]
    detail = f"{loot.probes} probes for {len(prey.secrets)} secrets"
    if unfilled:
        detail += f"; nothing could be written to {', '.join(unfilled)}"
    return Verdict(tuple(faults), detail)


async def _settle(bench: Bench, tenant: str, bodies: Bodies) -> tuple[Person, Sequence[str]]:
    """Make a tenant that has something of everything; return the owner, and the empty tables."""
    owner = await bench.people.tenant(tenant, modules=[bench.name])
    return owner, await plant(bench, tenant, owner, bodies, word=_WORDS[tenant])


def _with_body(operation: Operation, bodies: Bodies, known: Mapping[str, str]) -> Operation:
    """Return *operation* with a body that fits it, and names *known* rows."""
    drawn = bodies.get((operation.method.upper(), operation.path))
    return replace(operation, fitting=naming(drawn[0], known)) if drawn else operation


def _faults(loot: Loot) -> Iterator[Fault]:
    """Yield a fault for each operation that leaks, not for each request."""
    told: dict[tuple[str, str], str] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for probe, secret in loot.leaks:
        kind = "existence" if secret == EXISTENCE else "secret"
        place = (probe.method, kind)
        told.setdefault(place, f"{probe} tells another tenant {_named(secret)}")
        counts[place] += 1
    for place, sentence in islice(told.items(), _SHOWN):
        more = counts[place] - 1
        yield Fault(f"{sentence}{f', and {more} more' if more else ''}", _TODO)
    for probe in islice(loot.broken, _SHOWN):
        yield Fault(f"{probe} is answered with an error of the server", _TODO)


def _named(secret: str) -> str:
    return secret if secret == EXISTENCE else f"what it does not own: {secret!r}"


def _changes(before: Rows, after: Rows) -> Iterator[Fault]:
    for table, rows in before.items():
        if rows != after.get(table):
            yield Fault(f"another tenant has changed rows of {table}", _TODO)
