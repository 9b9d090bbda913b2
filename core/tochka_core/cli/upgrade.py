"""`tochka upgrade`."""

import asyncio
import textwrap
from collections.abc import Callable

import click

from tochka_core.cli.environment import settle
from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.local import running_database
from tochka_core.registry.events import Judgement, Migration
from tochka_core.registry.last_judgement import find_standing_judgement
from tochka_core.registry.trial import try_environment
from tochka_core.settings import Settings


@click.command()
@click.option("--dry-run", is_flag=True, help="Show the SQL; leave the database as it is.")
@click.option("--anew", is_flag=True, help="Judge also where nothing was installed since.")
@click.option("--strict", is_flag=True, help="Exit 1 when a module is quarantined.")
@json_option
def upgrade(*, dry_run: bool, anew: bool, strict: bool, as_json: bool) -> None:
    """Judge the installed modules and migrate the database.

    The core goes first, then the modules in the order of their dependencies, each in one
    transaction. A module that fails is quarantined with its dependents; the others go on.

    Where nothing was installed or removed since the last time, no module is quarantined, and all
    schemas are as they should be, there is nothing to judge.

    With --dry-run all of it runs in one transaction that is rolled back, and what would be done is
    printed as SQL.

    An installation that was killed half-way is undone before, and one that goes on is waited for.
    """
    settle()
    with running_database(read_settings()) as settings:
        judgement = try_environment(
            settings,
            rehearse=dry_run,
            anew=anew,
            report=_report(dry_run=dry_run, as_json=as_json),
        )
    if as_json:
        print_json(judgement)
    else:
        _print_verdict(judgement)
        if dry_run:
            click.echo("Nothing was changed.")
    if strict and judgement.quarantined:
        raise SystemExit(1)


def tell_standing_judgement(settings: Settings) -> bool:
    """Say what `tochka upgrade` would, where it has nothing to do; tell whether that is so."""
    judgement = asyncio.run(find_standing_judgement(settings))
    if judgement is None:
        return False
    for migration in judgement.migrations:
        _print_migration(migration)
    _print_verdict(judgement)
    return True


def _report(*, dry_run: bool, as_json: bool) -> Callable[[Migration], None]:
    if as_json:
        return lambda _migration: None
    return _print_script if dry_run else _print_migration


def _print_script(migration: Migration) -> None:
    """Print what a dry run has found, the SQL indented beneath."""
    _print_migration(migration)
    for statement in migration.statements:
        click.echo(textwrap.indent(f"{statement.rstrip(';')};", "    "))


def _print_migration(migration: Migration) -> None:
    before, after = migration.before or "nothing", migration.after
    if migration.error or migration.blocked_by:
        state = "failed" if migration.error else f"waits for {migration.blocked_by}"
        click.echo(f"{migration.target}: {state}, stays at {before}")
    elif before == (after or "nothing"):
        click.echo(f"{migration.target}: at {after}, nothing to do")
    else:
        click.echo(f"{migration.target}: {before} → {after}")


def _print_verdict(judgement: Judgement) -> None:
    names = ", ".join(f"{item.name} {item.version}" for item in judgement.ready)
    click.echo(f"Modules ready: {names or 'none'}")
    for item in judgement.quarantined:
        click.echo(f"Quarantined: {item.name} in phase {item.phase}: {item.reason}", err=True)
