"""`tochka modules makemigration`."""

import asyncio
from pathlib import Path

import click
import msgspec
from tochka_migrations.authoring import CannotWriteRevision, write_revision

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.db.preflight import check_server
from tochka_core.errors import OperatorError
from tochka_core.local import running_database
from tochka_core.registry.migration import upgrade_core
from tochka_core.registry.targets import get_module_target
from tochka_core.settings import Settings


class Written(msgspec.Struct, frozen=True):
    """What came of it."""

    module: str
    path: Path | None
    """The new file; `None` where the schema is what the models declare."""


@click.command()
@click.argument("name")
@click.option("-m", "--message", required=True, help="What changes, in a few words.")
@json_option
def makemigration(*, name: str, message: str, as_json: bool) -> None:
    """Write a revision that takes the schema of the module NAME to what its models declare.

    The file goes into the module's own sources. The database must be at the module's newest
    revision. Read what was written: a renamed column is seen as one dropped and one added.
    """
    with running_database(read_settings()) as settings:
        path = asyncio.run(_write(settings, name, message))
    if as_json:
        print_json(Written(name, path))
    elif path is None:
        click.echo(f"{name}: nothing to do, its tables are what its models declare")
    else:
        click.echo(f"Wrote {path}; read it, then run: tochka upgrade")


async def _write(settings: Settings, name: str, message: str) -> Path | None:
    target = get_module_target(name)
    async with maintenance_engine(settings.engine_url) as engine:
        await check_server(engine)
        await upgrade_core(engine)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(write_revision, target, message)
        except CannotWriteRevision as error:
            raise OperatorError(str(error)) from error
