"""`tochka upgrade`."""

import asyncio

import click
import msgspec
from tochka_migrations import Outcome

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.local import running_database
from tochka_core.registry.judgement import Judgement, judge


@click.command()
@click.option("--strict", is_flag=True, help="Exit 1 when a module is quarantined.")
@json_option
def upgrade(*, strict: bool, as_json: bool) -> None:
    """Judge the installed modules and migrate the database.

    The core goes first, then the modules in the order of their dependencies, each in one
    transaction. A module that fails is quarantined with its dependents; the others go on.
    """
    report = (lambda _outcome: None) if as_json else _print_outcome
    with running_database(read_settings()) as settings:
        judgement = asyncio.run(judge(settings, report=report))
    if as_json:
        print_json(_document(judgement))
    else:
        _print_verdict(judgement)
    if strict and judgement.quarantined:
        raise SystemExit(1)


def _print_outcome(outcome: Outcome) -> None:
    if outcome.error or outcome.blocked_by:
        state = "failed" if outcome.error else f"waits for {outcome.blocked_by}"
        click.echo(f"{outcome.target}: {state}, stays at {outcome.before or 'nothing'}")
    elif outcome.has_changed:
        click.echo(f"{outcome.target}: {outcome.before or 'nothing'} → {outcome.after}")
    else:
        click.echo(f"{outcome.target}: at {outcome.after}, nothing to do")


def _print_verdict(judgement: Judgement) -> None:
    names = ", ".join(f"{item.name} {item.candidate.version}" for item in judgement.ready)
    click.echo(f"Modules ready: {names or 'none'}")
    for item in judgement.quarantined:
        click.echo(f"Quarantined: {item.name} in phase {item.phase}: {item.reason}", err=True)


def _document(judgement: Judgement) -> dict[str, object]:
    return {
        "migrations": [
            {
                "target": item.target,
                "before": item.before,
                "after": item.after,
                "error": str(item.error) if item.error else None,
                "blocked_by": item.blocked_by,
            }
            for item in judgement.outcomes
        ],
        "ready": [
            {"name": item.name, "version": item.candidate.version} for item in judgement.ready
        ],
        "quarantined": msgspec.to_builtins(judgement.quarantined),
    }
