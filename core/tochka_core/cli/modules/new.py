"""`tochka modules new`."""

from pathlib import Path

import click
import msgspec

from tochka_core.cli.output import json_option, print_json
from tochka_core.scaffold.writing import write_module


class Written(msgspec.Struct, frozen=True):
    """What was written."""

    module: str
    folder: Path


@click.command()
@click.argument("name")
@click.option("--title", help="A name for people.  [default: NAME]")
@click.option("--description", help="What it is for, in a sentence.")
@click.option("--thing", help="What one row is, such as time_slot.  [default: NAME without its s]")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to.  [default: ./NAME]")
@json_option
def new(*, name: str, folder: Path | None, as_json: bool, **answers: str | None) -> None:
    """Write a new module NAME: a distribution with a table, routes, settings and tests.

    It can be installed, tested and published as it is. Begin by changing its columns.
    """
    folder = folder or Path(name)
    write_module(name, folder, {key: said for key, said in answers.items() if said})
    if as_json:
        print_json(Written(name, folder))
        return
    click.echo(f"Wrote {folder}. Try it:\n\n    cd {folder}")
    click.echo("    pip install -e '.[dev]'\n    pytest")
