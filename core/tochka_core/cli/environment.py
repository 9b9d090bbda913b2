"""The environment that commands import from."""

import click

from tochka_core.installation.environment import settle_environment


def settle() -> None:
    """Undo an installation that was killed half-way, and say so; wait for one that goes on."""
    if settle_environment():
        click.echo("An interrupted installation was undone.", err=True)
