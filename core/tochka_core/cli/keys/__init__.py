"""`tochka keys`."""

import click

from tochka_core.cli.group import TochkaGroup


@click.group(
    cls=TochkaGroup,
    lazy={
        "new": "tochka_core.cli.keys.making:new",
        "public": "tochka_core.cli.keys.publishing:public",
        "reencrypt": "tochka_core.cli.keys.reencryption:reencrypt",
    },
)
def keys() -> None:
    """Manage the keys of the installation."""
