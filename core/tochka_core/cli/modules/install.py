"""`tochka modules install`, `upgrade` and `check-before`: the same, to different ends."""

from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec
from tochka_plugins.host import Quarantined, discover

from tochka_core.cli.group import read_settings
from tochka_core.cli.modules.reload import reload_servers
from tochka_core.cli.output import json_option, print_json, print_table
from tochka_core.cli.progress import progress
from tochka_core.installation.change import install as install_proven
from tochka_core.installation.proof import Proof, find_harmed, proven
from tochka_core.local import running_database
from tochka_core.registry.events import Judgement, Migration, Ready

_PIP_OPTIONS = (
    ("--index-url", "-i", "The package index to use instead of the usual one."),
    ("--extra-index-url", None, "A further package index."),
    ("--find-links", "-f", "A folder or page with packages."),
    ("--constraint", "-c", "A file of version constraints."),
)
_PIP_FLAGS = (
    ("--no-index", "Use no package index."),
    ("--pre", "Take pre-releases too."),
)


class Change(msgspec.Struct, frozen=True):
    """What a command has done, or would do; the JSON document it prints."""

    distributions: tuple["ChangedDistribution", ...]
    modules: tuple[Ready, ...]
    """The modules that came or were replaced and may be served."""
    migrations: tuple[Migration, ...]
    quarantined: tuple[Quarantined, ...]
    """Modules that the change would quarantine; while there are any, nothing is changed."""


class ChangedDistribution(msgspec.Struct, frozen=True):
    """A distribution that is installed or replaced."""

    name: str
    before: str | None
    after: str


def _pip_options(command: Callable[..., None]) -> Callable[..., None]:
    for name, short, text in reversed(_PIP_OPTIONS):
        names = [name, short] if short else [name]
        command = click.option(*names, multiple=True, help=text)(command)
    for name, text in reversed(_PIP_FLAGS):
        command = click.option(name, is_flag=True, help=text)(command)
    requirements = click.argument(
        "requirements", nargs=-1, required=True, callback=_refuse_blank_requirements
    )
    return requirements(json_option(command))


def _refuse_blank_requirements(
    _context: click.Context, _parameter: click.Parameter, requirements: Sequence[str]
) -> Sequence[str]:
    if not all(item.strip() for item in requirements):  # pip would read it as no requirement
        raise click.BadParameter("one of them is empty")
    return requirements


@click.command()
@_pip_options
def install(*, requirements: Sequence[str], as_json: bool, **options: Any) -> None:  # noqa: ANN401 - pip's
    """Install modules from REQUIREMENTS, as pip takes them: names, versions, wheels, folders.

    What pip would install is judged beside the environment first: imports, routes, tables, and the
    migrations in a transaction that is rolled back. Only when no module would be quarantined is it
    installed and migrated, and the workers of a running server replaced one after another. If that
    fails, the environment is put back as it was.
    """
    _change(requirements, options, as_json=as_json, upgrade=False)


@click.command()
@_pip_options
def upgrade(*, requirements: Sequence[str], as_json: bool, **options: Any) -> None:  # noqa: ANN401 - pip's
    """Install newer versions of modules, as `install` does.

    REQUIREMENTS are names of modules, or whatever pip takes.
    """
    _change(_distributions(requirements), options, as_json=as_json, upgrade=True)


@click.command()
@_pip_options
def check_before(*, requirements: Sequence[str], as_json: bool, **options: Any) -> None:  # noqa: ANN401 - pip's
    """Tell what `install` or `upgrade` would do, and change nothing.

    Exits with 1 when a module would be quarantined.
    """
    with (
        progress(quiet=as_json) as tell,
        running_database(read_settings()) as settings,
        proven(
            settings,
            _distributions(requirements),
            options=_as_arguments(options),
            upgrade=True,
            tell=tell,
        ) as proof,
    ):
        change = _describe(proof, proof.judgement)
    _show(change, as_json=as_json, would="would be ")
    if change.quarantined:
        raise SystemExit(1)


def _change(
    requirements: Sequence[str], options: dict[str, Any], *, as_json: bool, upgrade: bool
) -> None:
    with (
        progress(quiet=as_json) as tell,
        running_database(read_settings()) as settings,
        proven(
            settings, requirements, options=_as_arguments(options), upgrade=upgrade, tell=tell
        ) as proof,
    ):
        judgement = None
        if proof.steps:
            judgement = install_proven(settings, proof, tell=tell)
        # Also where nothing was to be installed: an earlier command may have stopped half-way.
        reload_servers(settings, tell=tell)
        change = _describe(proof, judgement)
    _show(change, as_json=as_json)
    if change.quarantined:
        raise SystemExit(1)


def _as_arguments(options: dict[str, Any]) -> list[str]:
    arguments: list[str] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            arguments += [flag] if value else []
        else:
            arguments += [f"{flag}={item}" for item in value]
    return arguments


def _distributions(names: Sequence[str]) -> list[str]:
    """Return *names* with those of installed modules as the names of their distributions."""
    known = {candidate.name: candidate.distribution for candidate in discover()}
    return [known.get(name, name) for name in names]


def _describe(proof: Proof, judgement: Judgement | None) -> Change:
    return Change(
        distributions=tuple(
            ChangedDistribution(step.distribution, step.installed, step.version)
            for step in proof.steps
        ),
        modules=tuple(
            item for item in (judgement.ready if judgement else ()) if item.name in proof.modules
        ),
        migrations=tuple(
            item
            for item in (judgement.migrations if judgement else ())
            if item.before != item.after
        ),
        quarantined=find_harmed(judgement, proof.modules, proof.known) if judgement else (),
    )


def _show(change: Change, *, as_json: bool, would: str = "") -> None:
    if as_json:
        print_json(change)
        return
    if not change.distributions:
        click.echo("Nothing to do: all of it is installed.")
        return
    rows = [(item.name, item.before or "-", item.after) for item in change.distributions]
    print_table(("DISTRIBUTION", "BEFORE", "AFTER"), rows)
    for migration in change.migrations:
        before = migration.before or "nothing"
        click.echo(f"{migration.target} {would}migrated: {before} → {migration.after}")
    for module in change.modules:
        click.echo(f"{module.name} {module.version} {would}ready")
    for item in change.quarantined:
        click.echo(f"{item.name} {would}quarantined in phase {item.phase}: {item.reason}")
