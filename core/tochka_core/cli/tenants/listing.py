"""`tochka tenants list` and `tochka tenants show`."""

from datetime import datetime

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.output import json_option, print_json, print_table, show_moment
from tochka_core.cli.tenants.session import in_platform
from tochka_core.settings import Settings
from tochka_core.tenants.life_cycle import get_named, list_all_tenants
from tochka_core.tenants.schemas import TenantOut


@click.command("list")
@json_option
def list_all(*, as_json: bool) -> None:
    """List all tenants, by name."""

    async def work(session: AsyncSession, _settings: Settings) -> list[TenantOut]:
        return [TenantOut.of(tenant) for tenant in await list_all_tenants(session)]

    found = in_platform("list", work)
    if as_json:
        print_json(found)
    elif found:
        rows = [(tenant.name, tenant.status, _detail(tenant), tenant.title) for tenant in found]
        print_table(("NAME", "STATUS", "DETAIL", "TITLE"), rows)
    else:
        click.echo("There are no tenants. Create one with: tochka tenants create NAME")


@click.command()
@click.argument("name")
@json_option
def show(*, name: str, as_json: bool) -> None:
    """Show the tenant NAME."""

    async def work(session: AsyncSession, _settings: Settings) -> TenantOut:
        return TenantOut.of(await get_named(session, name))

    tenant = in_platform("show", work)
    if as_json:
        print_json(tenant)
    else:
        for field in tenant.__struct_fields__:
            click.echo(f"{field}: {_text(getattr(tenant, field))}")


def when_purged(tenant: TenantOut) -> str:
    """Return from when on the deleted *tenant* is due to be purged, as the end of a sentence."""
    return f"can be purged after {_text(tenant.purge_after)}"


def _detail(tenant: TenantOut) -> str:
    if tenant.purge_after is not None:
        return when_purged(tenant)
    return tenant.suspension_reason or "-"


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return show_moment(value)
    return "-" if value is None else str(value)
