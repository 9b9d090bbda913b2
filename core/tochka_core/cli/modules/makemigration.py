"""`tochka modules makemigration`."""

import asyncio
from pathlib import Path

import click
import msgspec
from tochka_migrations import core_target
from tochka_migrations.authoring import CannotWriteRevision, write_revision
from tochka_migrations.pending import PendingRevisionFailed, UnknownRevision
from tochka_migrations.roles import MissingRoles

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.db.preflight import check_server
from tochka_core.errors import OperatorError
from tochka_core.local import running_database
from tochka_core.registry.migration import why_it_failed
from tochka_core.registry.targets import get_targets_up_to
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

    The file goes into the module's own sources. Read what was written: a renamed column is seen as
    one dropped and one added.

    Revisions that the database has not seen yet, also those of modules that NAME needs, run in a
    transaction that is rolled back: the database stays as it is, and needs no upgrade before.
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
    targets = [core_target(), *get_targets_up_to(name)]
    async with maintenance_engine(settings.engine_url) as engine:
        await check_server(engine)
        try:
            return await write_revision(engine, targets, message)
        except PendingRevisionFailed as error:
            versions = error.target.versions
            reason = why_it_failed(error.error, package=versions.parent.name, versions=versions)
            raise OperatorError(f"{error}: {reason}") from error
        except (CannotWriteRevision, UnknownRevision, MissingRoles) as error:
            raise OperatorError(str(error)) from error
