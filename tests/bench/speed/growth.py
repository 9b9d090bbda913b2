"""One and the same route as the platform around it grows."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from small_modules import write_modules
from sqlalchemy import URL

from speed.comparison import asking
from speed.figures import Spread, by_turns, ratio
from speed.report import Budget, Report
from speed.servers import Server, platform
from speed.work import LIST

_BUDGET: Final = Budget(0.95, 0.98)
_PARTS: Final = 3
"""Of a turn, each a turn of its own: a machine differs from second to second by more than servers
that are nearly alike."""


@contextmanager
def small_modules(count: int) -> Iterator[Mapping[str, str]]:
    """Yield the environment of a process in which so many more modules are installed."""
    with TemporaryDirectory(prefix="tochka-bench-") as name:
        write_modules(Path(name), count)
        others = os.environ.get("PYTHONPATH", "")
        yield {"PYTHONPATH": os.pathsep.join(filter(None, [others, name]))}


def grow_modules(report: Report, ours: Mapping[int, URL], *, rounds: int, seconds: int) -> None:
    """Ask for the list with as many modules installed as the keys of *ours* say."""
    with ExitStack() as stack:
        servers = {}
        for count, database in ours.items():
            environ = stack.enter_context(small_modules(count - 1))
            servers[count] = stack.enter_context(platform(database, environ=environ))
        _compare(report, "modules", servers, rounds=rounds, seconds=seconds)


def grow_tenants(report: Report, ours: Mapping[int, URL], *, rounds: int, seconds: int) -> None:
    """Ask for the list with as many tenants as the keys of *ours* say."""
    with ExitStack() as stack:
        servers = {count: stack.enter_context(platform(url)) for count, url in ours.items()}
        _compare(report, "tenants", servers, rounds=rounds, seconds=seconds)


def grow_workers(report: Report, ours: URL, *, rounds: int, seconds: int) -> None:
    """Ask for the list with one worker and with two, which share the cores with all else."""
    with ExitStack() as stack:
        servers = {n: stack.enter_context(platform(ours, workers=n)) for n in (1, 2)}
        rates = _rates(servers, rounds=rounds, seconds=seconds)
    report.add("workers", "list with 2 / with 1", ratio(rates[2], rates[1]))


def _compare(
    report: Report, what: str, servers: Mapping[int, Server], *, rounds: int, seconds: int
) -> None:
    rates = _rates(servers, rounds=rounds, seconds=seconds)
    for count, figures in rates.items():
        report.add(what, str(count), Spread.of(figures), unit="requests/s")
    first, *others = rates
    for count in others:
        compared = ratio(rates[count], rates[first])
        report.add(what, f"list with {count} / with {first}", compared, budget=_BUDGET)


def _rates(
    servers: Mapping[int, Server], *, rounds: int, seconds: int
) -> Mapping[int, list[float]]:
    part = max(seconds // _PARTS, 1)
    acts = {count: asking(server, LIST, part) for count, server in servers.items()}
    return by_turns(acts, rounds=rounds * seconds // part)
