"""`tochka modules check`."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from os import devnull
from pathlib import Path
from typing import IO, Final, get_args

import click

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.progress import progress
from tochka_core.conformance.catalog import CHECKS
from tochka_core.conformance.conducting import conduct
from tochka_core.conformance.junit import junit_xml
from tochka_core.conformance.report import Level, Outcome, Report, Result
from tochka_core.conformance.scratch import scratch_server
from tochka_core.conformance.subject import find_subjects
from tochka_core.conformance.tools import require_tools
from tochka_core.errors import OperatorError

_MARKS: Final[Mapping[Outcome, tuple[str, str]]] = {
    "failed": ("FAIL", "red"),
    "unchecked": ("?", "yellow"),
    "passed": ("ok", "green"),
    "inapplicable": ("-", "bright_black"),
}
"""In the order in which they are shown."""
_TITLE: Final = max(len(item.title) for item in CHECKS)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME|PATH]...")
@click.option(
    "--level",
    type=click.Choice(get_args(Level)),
    default="bronze",
    show_default=True,
    help="What has to be reached for exit code 0.",
)
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
@click.option("--server", metavar="URL", help="A PostgreSQL to use instead of a private one.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Keep what is logged.")
@json_option
def check(
    *,
    names: Sequence[str],
    level: Level,
    junit: Path | None,
    server: str | None,
    log: Path | None,
    as_json: bool,
) -> None:
    """Tell how well modules are made: installed ones, or those of a project or wheel at PATH.

    Without any, all that are installed. Each is judged, migrated, served and attacked on a database
    that is dropped afterwards; yours is not touched. Needs the extra `check`.
    """
    require_tools()
    settings = read_settings()
    with ExitStack() as stack:
        output = stack.enter_context(_open(log or Path(devnull)))
        tell = stack.enter_context(progress(quiet=as_json))
        tell("Preparing")
        subjects = stack.enter_context(find_subjects(names))
        place = stack.enter_context(scratch_server(settings, server))
        reports = [
            conduct(settings, subject, server=place, output=output, tell=tell)
            for subject in subjects
        ]
    if junit is not None:
        junit.write_bytes(junit_xml(reports))
    if as_json:
        print_json({"wanted": level, "modules": reports})
    else:
        for report in reports:
            _print(report)
    if not all(report.reaches(level) for report in reports):
        raise SystemExit(1)


def _open(log: Path) -> IO[bytes]:
    try:
        return log.open("wb")
    except OSError as error:
        raise OperatorError(f"{log} cannot be written: {error.strerror}.") from error


def _print(report: Report) -> None:
    click.secho(f"{report.module} {report.version or ''}".rstrip(), bold=True)
    order = list(_MARKS)
    for result in sorted(report.results, key=lambda item: order.index(item.outcome)):
        _print_result(result)
    click.echo(_conclusion(report))


def _print_result(result: Result) -> None:
    mark, colour = _MARKS[result.outcome]
    told = f"{result.level:6}  {result.id:10}  {result.title}"
    if result.detail:
        told += " " * (_TITLE - len(result.title) + 2) + click.style(result.detail, dim=True)
    click.echo(f"{click.style(f'{mark:4}', fg=colour)}  {told}")
    for fault in result.faults:
        click.echo(f"{' ' * 14}{fault.what}")
        click.secho(f"{' ' * 14}→ {fault.todo}", dim=True)


def _conclusion(report: Report) -> str:
    """Return the score, and what is missing for the next."""
    reached = "below bronze" if report.level is None else report.level
    told = f"{report.module} is {click.style(reached, bold=True)}"
    if report.next_level is None:
        return f"{told}."
    missing = ", ".join(item.id for item in report.missing)
    return f"{told}; {report.next_level} lacks: {missing}."
