"""`tochka tenants create`."""

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.input import read_input
from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.tenants.session import in_platform, load_hooks
from tochka_core.settings import Settings
from tochka_core.tenants.schemas import TenantIn, TenantOut
from tochka_core.tenants.services import create_tenant
from tochka_core.users.phones import normalize_phone
from tochka_core.users.services import get_user_by_phone


@click.command()
@click.argument("name")
@click.option("--title", help="What people call it; the name, where left out.")
@click.option("--domain", help="The host name that chooses this tenant.")
@click.option("--owner", "owner_phone", help="Phone of a registered person who becomes the owner.")
@json_option
def create(
    *, name: str, title: str | None, domain: str | None, owner_phone: str | None, as_json: bool
) -> None:
    """Create the tenant NAME."""
    wanted = read_input(TenantIn, name=name, title=title, domain=domain, owner_phone=owner_phone)

    async def work(session: AsyncSession, settings: Settings) -> TenantOut:
        owner_id = None
        if wanted.owner_phone is not None:
            phone = normalize_phone(wanted.owner_phone, region=settings.default_region)
            owner_id = (await get_user_by_phone(session, phone)).id
        hooks = await load_hooks(session, settings)
        return TenantOut.of(await create_tenant(session, wanted, hooks=hooks, owner_id=owner_id))

    tenant = in_platform("create", work)
    if as_json:
        print_json(tenant)
    else:
        click.echo(f"Created tenant {tenant.name}.")
