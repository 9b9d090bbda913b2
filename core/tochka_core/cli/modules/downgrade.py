"""`tochka modules downgrade`."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import click
from alembic.util import CommandError
from sqlalchemy.ext.asyncio import AsyncEngine
from tochka_migrations import Target
from tochka_migrations.downgrading import CannotDowngrade, Downgrade, plan_downgrade
from tochka_migrations.downgrading import downgrade as take_back
from tochka_plugins.host.quarantine import reason_of

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.db.preflight import check_server
from tochka_core.errors import OperatorError
from tochka_core.local import running_database
from tochka_core.registry.purge import forget_counts
from tochka_core.registry.targets import get_module_target
from tochka_core.settings import Settings

T = TypeVar("T")


# Without this, -1 would be taken for an option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def downgrade(*, name: str, revision: str, yes: bool, as_json: bool) -> None:
    """Take the schema of the module NAME back to REVISION: an id, -1, or base for no tables.

    What the revisions after it have made is dropped, with its rows. Install the older package next:
    `tochka upgrade` takes the schema to the newest revision that is installed.
    """
    with running_database(read_settings(), make=False) as settings:
        target = get_module_target(name)

        async def plan(engine: AsyncEngine) -> Downgrade:
            async with engine.connect() as connection:
                return await connection.run_sync(plan_downgrade, target, revision)

        planned = asyncio.run(_on_engine(settings, target, plan))
        if not as_json:
            click.echo(f"{name}: {planned.before} → {planned.after or 'nothing'}")
        if not yes:
            click.confirm("Drop what lies between, with its rows?", abort=True, err=True)
        afterwards = None if planned.after else partial(forget_counts, module=name)
        work = partial(take_back, target=target, planned=planned, afterwards=afterwards)
        asyncio.run(_on_engine(settings, target, work))
    if as_json:
        print_json(planned)
    else:
        click.echo(f"{name} is at {planned.after or 'nothing'}.")


async def _on_engine(
    settings: Settings, target: Target, work: Callable[[AsyncEngine], Awaitable[T]]
) -> T:
    async with maintenance_engine(settings.engine_url) as engine:
        await check_server(engine)
        try:
            return await work(engine)
        except (CannotDowngrade, CommandError) as error:
            raise OperatorError(str(error)) from error
        except Exception as error:  # a revision may raise anything; its author wants the place
            reason = reason_of(error, package=target.versions.parent.name)
            raise OperatorError(f"{target.name} stays as it was: {reason}") from error
