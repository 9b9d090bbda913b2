"""`tochka modules purge`."""

import asyncio
from collections.abc import Awaitable, Callable

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json, print_table
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.db.preflight import check_server
from tochka_core.local import running_database
from tochka_core.registry.migration import upgrade_core
from tochka_core.registry.purge import Remains, find_remains, refuse
from tochka_core.registry.purge import purge as drop_remains
from tochka_core.settings import Settings


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def purge(*, name: str, yes: bool, as_json: bool) -> None:
    """Drop the tables and all rows that the module NAME has left behind.

    Its package has to be uninstalled before. What would be dropped is shown first.
    """
    with running_database(read_settings(), make=False) as settings:
        remains = asyncio.run(_on_engine(settings, find_remains, name))
        if not as_json:
            _print_remains(remains)
        refuse(remains)
        if not yes:
            click.confirm("Drop all of it?", abort=True, err=True)
        asyncio.run(_on_engine(settings, drop_remains, name))
    if as_json:
        print_json(remains)
    else:
        click.echo(f"Purged {name}.")


async def _on_engine(
    settings: Settings, work: Callable[[AsyncEngine, str], Awaitable[Remains]], name: str
) -> Remains:
    async with maintenance_engine(settings.engine_url) as engine:
        await check_server(engine)
        await upgrade_core(engine)
        return await work(engine, name)


def _print_remains(remains: Remains) -> None:
    rows = [(table.name, str(table.rows)) for table in remains.tables]
    print_table(("TABLE", "ROWS"), rows)
    click.echo(f"Enabled for {remains.enabled_for} tenants.")
    for reference in remains.referenced_by:
        click.echo(f"Referred to by {reference}.")
