"""`tochka tenants purge`."""

from functools import partial

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.output import json_option, print_json, print_table
from tochka_core.cli.tenants.session import in_platform
from tochka_core.errors import OperatorError
from tochka_core.settings import Settings
from tochka_core.tenants.life_cycle import get_named, lock_named
from tochka_core.tenants.purging import Purge, list_due, plan_purge, purge_tenant


@click.command()
@click.argument("name", required=False)
@click.option("--due", is_flag=True, help="Purge all whose time of grace is over.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def purge(*, name: str | None, due: bool, yes: bool, as_json: bool) -> None:
    """Drop all rows of the deleted tenant NAME, in the core and in every module, for good.

    What would be dropped is shown first. NAME is purged also while it could still be restored, and
    is free again. The audit log keeps what was done in it.
    """
    if (name is None) != due:
        raise click.UsageError("Name a tenant, or give --due.")
    planned = in_platform("purge", partial(_plan, name=name))
    if not as_json:
        _print(planned)
    if planned and not yes:
        click.confirm("Drop all of it?", abort=True, err=True)
    dropped = [in_platform("purge", partial(_purge, plan=plan, due=due)) for plan in planned]
    if as_json:
        print_json(dropped)
    else:
        for gone in dropped:
            click.echo(f"Purged {gone.name}.")


async def _plan(session: AsyncSession, _settings: Settings, *, name: str | None) -> list[Purge]:
    names = await list_due(session) if name is None else [name]
    return [await plan_purge(session, await get_named(session, name)) for name in names]


async def _purge(session: AsyncSession, _settings: Settings, *, plan: Purge, due: bool) -> Purge:
    """Purge in a transaction of its own what was shown, and no other that has taken its name."""
    tenant = await lock_named(session, plan.name)
    if tenant.id != plan.id or (due and plan.name not in await list_due(session)):
        raise OperatorError(f"The tenant {plan.name} has been changed meanwhile; look again.")
    return await purge_tenant(session, tenant)


def _print(planned: list[Purge]) -> None:
    if not planned:
        click.echo("No tenant is due to be purged.")
        return
    rows = [(plan.name, table.table, str(table.rows)) for plan in planned for table in plan.tables]
    rows += [(plan.name, "-", "0") for plan in planned if not plan.tables]
    print_table(("TENANT", "TABLE", "ROWS"), rows)
