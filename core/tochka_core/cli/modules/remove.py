"""`tochka modules remove`."""

from collections.abc import Sequence

import click

from tochka_core.cli.group import read_settings
from tochka_core.cli.modules.reload import reload_servers
from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.progress import progress
from tochka_core.installation.change import remove as remove_modules
from tochka_core.local import running_database


@click.command()
@click.argument("names", nargs=-1, required=True)
@json_option
def remove(*, names: Sequence[str], as_json: bool) -> None:
    """Uninstall the modules NAMES and keep their data.

    The workers of a running server give a module up before its package goes. Installed again, it
    finds its data, and is enabled for the tenants that had it. `purge` drops the data.
    """
    with progress(quiet=as_json) as tell, running_database(read_settings(), make=False) as settings:
        gone = remove_modules(
            settings, names, reload=lambda: reload_servers(settings, tell=tell), tell=tell
        )
    if as_json:
        print_json({"uninstalled": gone})
    else:
        click.echo(f"Uninstalled {', '.join(gone)}; the data stay.")
