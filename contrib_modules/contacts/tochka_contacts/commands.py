"""`tochka contacts …`."""

import click
import msgspec
from tochka_plugins import Platform, pass_platform

from tochka_contacts.services import count_contacts


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@pass_platform
async def count(platform: Platform, *, as_json: bool) -> None:
    """Count the contacts of all tenants."""
    async with platform.platform_scope(reason="tochka contacts count") as session:
        counted = await count_contacts(session)
    if as_json:
        click.echo(msgspec.json.encode(counted))
    else:
        click.echo(f"Contacts: {counted.contacts}, kept by {counted.tenants} tenants.")
