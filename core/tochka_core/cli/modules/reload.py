"""`tochka modules reload`."""

from collections.abc import Callable

import click

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.progress import progress
from tochka_core.errors import OperatorError
from tochka_core.server.register import find_servers
from tochka_core.server.register import reload as reload_one
from tochka_core.settings import Settings


@click.command()
@json_option
def reload(*, as_json: bool) -> None:
    """Judge the modules anew and replace the workers of the server that runs.

    Returns when the new workers answer. It is what SIGHUP does, with an exit code.
    """
    settings = read_settings()
    with progress(quiet=as_json) as tell:
        pids = reload_servers(settings, tell=tell)
    if not pids:
        raise OperatorError("No server runs from this environment with this data folder.")
    if as_json:
        print_json({"servers": pids})
    else:
        click.echo("The workers are replaced.")


def reload_servers(settings: Settings, *, tell: Callable[[str], None]) -> list[int]:
    """Have every server of this environment replace its workers; return their process ids.

    Raises:
        OperatorError: one has not replaced all of them.
    """
    servers = find_servers(settings)
    for server in servers:
        tell(f"Replacing the workers of server {server.pid}")
        if not reload_one(settings, server):
            raise OperatorError(
                f"The server {server.pid} has not replaced all of its workers; its log says why."
            )
    return [server.pid for server in servers]
