"""The same requests to the platform, to what lies beneath it, and to what else one begins with."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

from sqlalchemy import URL

from speed.figures import Spread, by_turns, ratio
from speed.load import run_load
from speed.report import Budget, Report
from speed.servers import Server, bare_litestar, floor, platform, template
from speed.work import Work

_BUDGETS: Final = {
    ("list", "floor"): Budget(0.5, 0.75),
    ("list", "template"): Budget(5, 8),
    ("list", "litestar"): Budget(0.9, 0.95),
    ("me", "template"): Budget(20, 25),
}


def compare_stacks(
    report: Report, ours: URL, templates: URL, works: Sequence[Work], *, rounds: int, seconds: int
) -> None:
    """Ask all stacks for each of *works*."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(server)
            for server in (floor(ours), bare_litestar(ours), platform(ours), template(templates))
        ]
        for work in works:
            _compare(report, work, servers, rounds=rounds, seconds=seconds)


def asking(server: Server, work: Work, seconds: int) -> Callable[[], float]:
    """Return what asks a server for *work*, and tells how many requests a second it answers."""

    def ask() -> float:
        url = f"{server.base_url}{work.path_at(server.stack)}"
        return run_load(url, seconds=seconds, headers=server.headers, body=work.body).rate

    return ask


def _compare(
    report: Report, work: Work, servers: list[Server], *, rounds: int, seconds: int
) -> None:
    rates = by_turns(
        {server.stack: asking(server, work, seconds) for server in servers}, rounds=rounds
    )
    for stack, figures in rates.items():
        report.add(work.name, stack, Spread.of(figures), unit="requests/s")
    for stack in ("floor", "litestar", "template"):
        report.add(
            work.name,
            f"platform / {stack}",
            ratio(rates["platform"], rates[stack]),
            budget=_BUDGETS.get((work.name, stack)),
        )
