"""`tochka modules availability`."""

from typing import get_args

import click
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins.info import Availability

from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.session import in_platform
from tochka_core.registry.availability import set_availability
from tochka_core.registry.schemas import ModuleOut
from tochka_core.settings import Settings


@click.command()
@click.argument("name")
@click.argument("wanted", metavar="AVAILABILITY", type=click.Choice(get_args(Availability)))
@json_option
def availability(*, name: str, wanted: Availability, as_json: bool) -> None:
    """Say who may enable the module NAME, whatever it wishes itself.

    AVAILABILITY is `open`: any tenant; `subscription`: only one that has bought it; `private`: only
    a platform_master. It stays so when the module is upgraded. Tenants that have the module enabled
    keep it so.
    """

    async def work(session: AsyncSession, _settings: Settings) -> ModuleOut:
        return ModuleOut.of(await set_availability(session, name, wanted, actor=None))

    changed = in_platform("modules availability", work)
    if as_json:
        print_json(changed)
    else:
        click.echo(f"{name} is {changed.availability}.")
