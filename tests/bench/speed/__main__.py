"""`python -m speed`: measure, print the figures, and keep them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from installations import private_server
from sqlalchemy import URL

from speed.comparison import compare_stacks
from speed.growth import grow_modules, grow_tenants, grow_workers
from speed.life import measure_respawn, measure_starts, measure_upgrades
from speed.load import need_wrk
from speed.plots import draw
from speed.profile import write_profiles
from speed.report import Report
from speed.rows import copy_database, make_our_database, make_template_database
from speed.storm import brew_storm
from speed.work import ALL, LIST, ME

TENANTS: Final = 1_000
FEW_TENANTS, MANY_TENANTS = 10, 100_000
MODULES: Final = (1, 50, 200)
STARTS: Final = (0, 10, 100, 200)
"""Modules beside contacts."""
QUICK_TENANTS: Final = 20
QUICK_MODULES: Final = (1, 200)


@click.command()
@click.option("--quick", is_flag=True, help="The figures with a budget, on fewer rows.")
@click.option("--rounds", default=5, show_default=True, help="How often each is measured.")
@click.option("--seconds", type=int, help="For how long each time; 3, or 1 with --quick.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="bench-results",
    show_default=True,
    help="Where speed.json and the plots go.",
)
def main(*, quick: bool, rounds: int, seconds: int | None, output: Path) -> None:
    """Compare the platform with what lies beneath it and with what else people begin with."""
    need_wrk()
    report = Report(is_quick=quick)
    how = {"rounds": rounds, "seconds": seconds or (1 if quick else 3)}
    output.mkdir(parents=True, exist_ok=True)
    try:
        with private_server() as server:
            _measure(report, server, output, how)
    finally:  # what was measured is told, also where something has failed
        report.tell()
        report.write(output / "speed.json")
        for path in (output / "speed.json", *draw(report, output)):
            click.echo(path)


def _measure(report: Report, server: URL, output: Path, how: Mapping[str, int]) -> None:
    quick = report.is_quick
    ours, templates = asyncio.run(_databases(server, QUICK_TENANTS if quick else TENANTS))
    counts = QUICK_MODULES if quick else MODULES
    copies = {n: asyncio.run(copy_database(server, ours, f"modules_{n}")) for n in counts}
    compare_stacks(report, ours, templates, (LIST, ME) if quick else ALL, **how)
    for path in write_profiles(ours, output):
        click.echo(f"Where the time goes: {path}")
    grow_modules(report, copies, **how)
    if not quick:
        _measure_the_rest(report, server, ours, templates, how)


def _measure_the_rest(
    report: Report, server: URL, ours: URL, templates: URL, how: Mapping[str, int]
) -> None:
    """Measure what takes more than two minutes."""
    rounds = how["rounds"]
    by_tenants = asyncio.run(_by_tenants(server))
    grow_tenants(report, by_tenants, **how)
    grow_workers(report, ours, **how)
    brew_storm(report, ours, templates, **how)
    measure_starts(report, server, ours, STARTS, rounds=rounds)
    told = {f"{count} tenants": url for count, url in by_tenants.items()}
    measure_upgrades(report, told, STARTS[-1], rounds=rounds)
    measure_respawn(report, ours, rounds=rounds)


async def _databases(server: URL, tenants: int) -> tuple[URL, URL]:
    return (
        await make_our_database(server, "ours", tenants=tenants),
        await make_template_database(server, "templates", tenants=tenants),
    )


async def _by_tenants(server: URL) -> dict[int, URL]:
    return {
        count: await make_our_database(
            server, f"tenants_{count}", tenants=count, with_contacts=min(count, TENANTS)
        )
        for count in (FEW_TENANTS, MANY_TENANTS)
    }


if __name__ == "__main__":
    main()
