"""`tochka tenants export` and `tochka tenants import`."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.archives.manifest import Manifest
from tochka_core.archives.reading import Archive, open_archive
from tochka_core.archives.revisions import read_revisions
from tochka_core.archives.storing import Import, store_archive
from tochka_core.archives.writing import write_archive
from tochka_core.audit.services import record
from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.tenants.session import in_platform
from tochka_core.db import Database
from tochka_core.errors import OperatorError
from tochka_core.settings import Settings
from tochka_core.tenants.life_cycle import get_named


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def export(*, name: str, file: Path, as_json: bool) -> None:
    """Write the tenant NAME, with all its rows in the core and in every module, into FILE.

    FILE is a ZIP of one NDJSON file for each table, as the tables are at one moment; the platform
    may serve meanwhile. It holds phones but no passwords, and is readable by this account only.
    """
    if file.exists():
        raise OperatorError(f"{file} exists already.")

    async def work(session: AsyncSession, settings: Settings) -> Manifest:
        tenant = await get_named(session, name)
        record(session, "tenant.exported", actor=None, tenant=tenant.id)
        # Now: one that breaks off may have been read, and no transaction waits for the file.
        await session.commit()
        with _new_file(file) as stream:
            return await _write(settings, name, stream)

    manifest = in_platform("export", work)
    if as_json:
        print_json(manifest)
    else:
        rows = sum(table.contents.rows for table in manifest.tables)
        click.echo(f"Exported tenant {name} to {file}: {rows} rows.")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="What to call the tenant here; it gets a new id then.")
@json_option
def import_archive(*, file: Path, name: str | None, as_json: bool) -> None:
    """Make the tenant that FILE holds, an export of this or another installation.

    Its modules have to be ready here, at the revisions that they were at there. All of FILE is
    verified first; all of it is taken in, or nothing. People are known by their phones; who is not
    here is made, with a password that nobody knows. Modules are enabled as FILE says, also those
    that only a platform_master may enable; they are listed.
    """
    with open_archive(file) as archive:

        async def work(session: AsyncSession, settings: Settings) -> Import:
            return await _store(session, settings, archive, name)

        made = in_platform("import", work)
    if as_json:
        print_json(made)
    else:
        click.echo(
            f"Imported tenant {made.name}: {made.rows} rows, {made.people} people, of whom"
            f" {made.people_created} are new. Enabled modules: {', '.join(made.modules) or 'none'}."
        )


async def _write(settings: Settings, name: str, stream: IO[bytes]) -> Manifest:
    async def write(piece: bytes) -> None:
        await asyncio.to_thread(stream.write, piece)

    revisions = await read_revisions(settings.engine_url)
    database = Database(settings.engine_url, pool_size=1)
    try:
        async with database.snapshot(reason="tochka tenants export") as session:
            tenant = await get_named(session, name)
            return await write_archive(session, tenant, revisions, write)
    finally:
        await database.dispose()


async def _store(
    session: AsyncSession, settings: Settings, archive: Archive, name: str | None
) -> Import:
    return await store_archive(
        session,
        archive,
        name=name,
        revisions=await read_revisions(settings.engine_url),
    )


@contextmanager
def _new_file(file: Path) -> Iterator[IO[bytes]]:
    """Yield what becomes *file* when the block ends well; else nothing is left.

    Raises:
        OperatorError: it cannot be written.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            # A link fails where the file exists by now.
            os.link(draft, file)
        finally:
            draft.unlink()
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror}.") from error
