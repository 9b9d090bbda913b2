"""`tochka tenants`."""

import click

from tochka_core.cli.group import TochkaGroup


@click.group(
    cls=TochkaGroup,
    lazy={
        "create": "tochka_core.cli.tenants.creation:create",
        "delete": "tochka_core.cli.tenants.life_cycle:delete",
        "domains": "tochka_core.cli.tenants.domains:domains",
        "export": "tochka_core.cli.tenants.archives:export",
        "import": "tochka_core.cli.tenants.archives:import_archive",
        "list": "tochka_core.cli.tenants.listing:list_all",
        "purge": "tochka_core.cli.tenants.purge:purge",
        "rename": "tochka_core.cli.tenants.life_cycle:rename",
        "restore": "tochka_core.cli.tenants.life_cycle:restore",
        "resume": "tochka_core.cli.tenants.life_cycle:resume",
        "show": "tochka_core.cli.tenants.listing:show",
        "suspend": "tochka_core.cli.tenants.life_cycle:suspend",
    },
)
def tenants() -> None:
    """Manage tenants."""
