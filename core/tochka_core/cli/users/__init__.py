"""`tochka users`."""

import click

from tochka_core.cli.group import TochkaGroup


@click.group(
    cls=TochkaGroup,
    lazy={
        "activate": "tochka_core.cli.users.administration:activate",
        "create": "tochka_core.cli.users.creation:create",
        "deactivate": "tochka_core.cli.users.administration:deactivate",
        "list": "tochka_core.cli.users.listing:list_all",
        "remove-second-factor": "tochka_core.cli.users.second_factor:remove",
        "reset-password": "tochka_core.cli.users.administration:reset_password",
        "set-role": "tochka_core.cli.users.administration:change_role",
    },
)
def users() -> None:
    """Manage people."""
