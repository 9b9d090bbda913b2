"""`tochka modules list`."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import click
import msgspec
from tochka_plugins.host import Phase, discover
from tochka_plugins.info import Availability

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json, print_table
from tochka_core.local import running_database
from tochka_core.registry.last_judgement import read_last_judgement
from tochka_core.registry.models import State
from tochka_core.registry.services import list_modules
from tochka_core.registry.session import in_platform_scope
from tochka_core.settings import Settings


@click.command("list")
@click.option("--strict", is_flag=True, help="Exit 1 when a module is quarantined.")
@click.option("--timings", is_flag=True, help="Show how long each module took, in seconds.")
@json_option
def list_all(*, strict: bool, timings: bool, as_json: bool) -> None:
    """List every module that is installed or was ever seen; judge none.

    STATE is what the last `tochka upgrade` found: ready, quarantined, or missing when the package
    is gone. A module that it has not seen in this version yet is new.
    """
    with running_database(read_settings(), make=False) as settings:
        found = asyncio.run(_find(settings))
    if as_json:
        print_json(found)
    elif timings:
        _print_timings(found)
    elif found:
        _print(found)
    else:
        click.echo("No modules are installed. Install one with: pip install <distribution>")
    if strict and any(module.state == "quarantined" for module in found):
        raise SystemExit(1)


class ListedModule(msgspec.Struct, frozen=True):
    """A line of the list."""

    name: str
    version: str | None
    state: State | Literal["new"]
    availability: Availability | None = None
    """Who may enable it; `None` before it was judged."""
    phase: Phase | None = None
    reason: str | None = None
    blocked_by: str | None = None
    seconds: Mapping[Phase, float] = {}
    """How long the last judgement of it took, by phase."""


async def _find(settings: Settings) -> list[ListedModule]:
    async with in_platform_scope(settings, reason="tochka modules list") as session:
        last = await read_last_judgement(session)
        seconds = {item.name: item.seconds for item in last.ready} if last else {}
        listed = {
            item.name: ListedModule(
                item.name,
                item.version,
                item.state,
                item.availability,
                item.phase,
                item.reason,
                item.blocked_by,
                seconds.get(item.name, {}),
            )
            for item in await list_modules(session)
        }
    for candidate in discover(pass_over=_warn):
        known = listed.get(candidate.name)
        if known is None or known.version != candidate.version:
            reason = "not judged yet; run `tochka upgrade`, or send SIGHUP to `tochka serve`"
            listed[candidate.name] = ListedModule(
                candidate.name, candidate.version, "new", reason=reason
            )
    return [listed[name] for name in sorted(listed)]


def _warn(distribution: Path) -> None:
    click.echo(f"A distribution whose metadata cannot be read: {distribution}", err=True)


def _print(found: Sequence[ListedModule]) -> None:
    header = ("NAME", "VERSION", "STATE", "FOR", "PHASE", "REASON")
    rows = [
        (
            item.name,
            item.version or "",
            item.state,
            item.availability or "",
            item.phase or "",
            item.reason or "",
        )
        for item in found
    ]
    print_table(header, rows)


def _print_timings(found: Sequence[ListedModule]) -> None:
    phases: tuple[Phase, ...] = ("load", "stage", "migrate", "start")
    rows = [
        (item.name, *(f"{item.seconds.get(phase, 0):.3f}" for phase in phases))
        for item in found
        if item.seconds
    ]
    print_table(("NAME", *(phase.upper() for phase in phases)), rows)
