"""`tochka modules`."""

import click

from tochka_core.cli.group import TochkaGroup


@click.group(
    cls=TochkaGroup,
    lazy={
        "list": "tochka_core.cli.modules.listing:list_all",
        "purge": "tochka_core.cli.modules.purge:purge",
    },
)
def modules() -> None:
    """See which modules are installed, and drop what removed ones have left behind."""
