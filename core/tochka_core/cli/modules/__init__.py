"""`tochka modules`."""

import click

from tochka_core.cli.group import TochkaGroup


@click.group(
    cls=TochkaGroup,
    lazy={
        "availability": "tochka_core.cli.modules.availability:availability",
        "check": "tochka_core.cli.modules.check:check",
        "check-before": "tochka_core.cli.modules.install:check_before",
        "disable": "tochka_core.cli.modules.switching:disable",
        "downgrade": "tochka_core.cli.modules.downgrade:downgrade",
        "enable": "tochka_core.cli.modules.switching:enable",
        "install": "tochka_core.cli.modules.install:install",
        "list": "tochka_core.cli.modules.listing:list_all",
        "makemigration": "tochka_core.cli.modules.makemigration:makemigration",
        "new": "tochka_core.cli.modules.new:new",
        "purge": "tochka_core.cli.modules.purge:purge",
        "reload": "tochka_core.cli.modules.reload:reload",
        "remove": "tochka_core.cli.modules.remove:remove",
        "upgrade": "tochka_core.cli.modules.install:upgrade",
    },
)
def modules() -> None:
    """Install, check, upgrade and remove modules, also under a server that runs."""
