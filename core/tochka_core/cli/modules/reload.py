"""`tochka modules reload`."""

from collections.abc import Callable

import click

from tochka_core.cli.group import read_settings
from tochka_core.cli.progress import progress
from tochka_core.errors import OperatorError
from tochka_core.server.register import find_servers
from tochka_core.server.register import reload as reload_one
from tochka_core.settings import Settings


@click.command()
def reload() -> None:
    """Judge the modules anew and replace the workers of the server that runs.

    Returns when the new workers answer. It is what SIGHUP does, with an exit code.
    """
    settings = read_settings()
    with progress() as tell:
        count = reload_servers(settings, tell=tell)
    if not count:
        raise OperatorError("No server runs from this environment with this data folder.")
    click.echo("The workers are replaced.")


def reload_servers(settings: Settings, *, tell: Callable[[str], None]) -> int:
    """Have every server of this environment replace its workers; return how many there are.

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
    return len(servers)
