"""`tochka tenants rename`, `suspend`, `resume`, `delete` and `restore`."""

from collections.abc import Awaitable, Callable

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.input import read_input
from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.tenants.listing import when_purged
from tochka_core.cli.tenants.session import in_platform, load_hooks
from tochka_core.settings import Settings
from tochka_core.tenants.life_cycle import (
    delete_tenant,
    lock_named,
    rename_tenant,
    restore_tenant,
    resume_tenant,
    suspend_tenant,
)
from tochka_core.tenants.models import Tenant
from tochka_core.tenants.schemas import TenantOut, TenantPatch

_Change = Callable[[AsyncSession, Tenant, Settings], Awaitable[None]]


@click.command()
@click.argument("name")
@click.argument("new_name")
@json_option
def rename(*, name: str, new_name: str, as_json: bool) -> None:
    """Let the tenant NAME be called NEW_NAME.

    X-Tenant and URLs change with it: from now on the old name means no tenant, and is free.
    """

    async def change(session: AsyncSession, tenant: Tenant, _settings: Settings) -> None:
        await rename_tenant(session, tenant, new_name, actor=None)

    _print(_apply("rename", name, change), f"Renamed tenant {name} to {new_name}.", as_json)


@click.command()
@click.argument("name")
@click.option("--reason", required=True, help="What its members are told.")
@json_option
def suspend(*, name: str, reason: str, as_json: bool) -> None:
    """Close the tenant NAME to its members."""
    read_input(TenantPatch, suspension_reason=reason)

    async def change(session: AsyncSession, tenant: Tenant, settings: Settings) -> None:
        hooks = await load_hooks(session, settings)
        await suspend_tenant(session, tenant, reason, hooks=hooks, actor=None)

    _print(_apply("suspend", name, change), f"Suspended tenant {name}.", as_json)


@click.command()
@click.argument("name")
@json_option
def resume(*, name: str, as_json: bool) -> None:
    """Open the suspended tenant NAME to its members again."""

    async def change(session: AsyncSession, tenant: Tenant, settings: Settings) -> None:
        hooks = await load_hooks(session, settings)
        await resume_tenant(session, tenant, hooks=hooks, actor=None)

    _print(_apply("resume", name, change), f"Resumed tenant {name}.", as_json)


@click.command()
@click.argument("name")
@json_option
def delete(*, name: str, as_json: bool) -> None:
    """Close the tenant NAME; `tochka tenants restore` undoes it until it is purged.

    It is due to be purged after TOCHKA_TENANT_GRACE_DAYS; nothing purges it by itself.
    """

    async def change(session: AsyncSession, tenant: Tenant, settings: Settings) -> None:
        hooks = await load_hooks(session, settings)
        grace_days = settings.tenant_grace_days
        await delete_tenant(session, tenant, hooks=hooks, grace_days=grace_days, actor=None)

    tenant = _apply("delete", name, change)
    _print(tenant, f"Deleted tenant {name}; it {when_purged(tenant)}.", as_json)


@click.command()
@click.argument("name")
@json_option
def restore(*, name: str, as_json: bool) -> None:
    """Undo the deletion of the tenant NAME."""

    async def change(session: AsyncSession, tenant: Tenant, _settings: Settings) -> None:
        await restore_tenant(session, tenant, actor=None)

    _print(_apply("restore", name, change), f"Restored tenant {name}.", as_json)


def _apply(command: str, name: str, change: _Change) -> TenantOut:
    async def work(session: AsyncSession, settings: Settings) -> TenantOut:
        tenant = await lock_named(session, name)
        await change(session, tenant, settings)
        return TenantOut.of(tenant)

    return in_platform(command, work)


def _print(tenant: TenantOut, line: str, as_json: bool) -> None:  # noqa: FBT001 - as the option has it
    if as_json:
        print_json(tenant)
    else:
        click.echo(line)
