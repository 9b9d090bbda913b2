"""Writing the revision that takes a schema to what the models declare."""

import re
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Final

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import AsyncEngine

from tochka_migrations.comparison import comparison
from tochka_migrations.formatting import formatted, imports_of
from tochka_migrations.patience import DEFAULT_PATIENCE, Patience
from tochka_migrations.pending import rehearse_pending
from tochka_migrations.runner import exclusive
from tochka_migrations.targets import HERE, Target

_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})
_BODY_INDENT: Final = 4


class CannotWriteRevision(Exception):
    """There is no place for a revision, or nothing to compare; the message says what to do."""


async def write_revision(
    engine: AsyncEngine,
    targets: Sequence[Target],
    message: str,
    *,
    patience: Patience = DEFAULT_PATIENCE,
) -> Path | None:
    """Write the next revision of the last of *targets*; return `None` where nothing is to be done.

    It holds what the models declare and the schema lacks at its newest revision, and what that has
    and no model declares. *message* names it, in one line. The other *targets* are what its schema
    builds on, in order, the core first. Revisions that the database has not seen are run in the
    transaction that compares, which is rolled back: no upgrade is needed before, and no trace left.

    Raises:
        CannotWriteRevision: the folder is no source tree or cannot be written, or there are no
            models.
        PendingRevisionFailed: a revision that the database has not seen fails.
        UnknownRevision: the schema, or one that it builds on, is ahead of its files.
        MissingRoles: the login role may not create the platform's two roles.
    """
    *_, target = targets
    metadata = _check_sources(target, message)
    async with exclusive(engine) as connection:
        await rehearse_pending(connection, targets, patience=patience)
        path = await connection.run_sync(_write_difference, target, metadata, message)
        await connection.rollback()
    return path


def _check_sources(target: Target, message: str) -> MetaData:
    """Return what the models declare."""
    if not re.search(r"\w", message):
        raise CannotWriteRevision("The message must say in a word or more what changes.")
    if _INSTALLED & {*target.versions.resolve().parts}:
        raise CannotWriteRevision(
            f"{target.versions} is what pip has installed, not a source tree;"
            " install the module from its sources: pip install -e <folder>"
        )
    if target.metadata is None:
        raise CannotWriteRevision(f"{target.name} declares no models.")
    return target.metadata


def _write_difference(
    connection: Connection, target: Target, metadata: MetaData, message: str
) -> Path | None:
    with comparison(connection, target) as context:
        script = produce_migrations(context, metadata)
        if script.upgrade_ops is None or script.upgrade_ops.is_empty():
            return None
        up, down = (
            # Alembic indents all lines but the first.
            dedent(" " * _BODY_INDENT + render_python_code(operations, migration_context=context))
            for operations in (script.upgrade_ops, script.downgrade_ops)
            if operations is not None
        )
    return _write(target, message, up, down)


def _write(target: Target, message: str, up: str, down: str) -> Path:
    directory = ScriptDirectory(
        str(HERE),
        version_locations=[str(target.versions)],
        file_template="%(rev)s_%(slug)s",
        messaging_opts={"quiet": True},
    )
    try:
        written = directory.generate_revision(
            _next_number(directory),
            _title(message),
            schema=target.schema,
            imports=imports_of(up, down),
            upgrades=formatted(up, schema=target.schema, indent=_BODY_INDENT),
            downgrades=formatted(down, schema=target.schema, indent=_BODY_INDENT),
        )
    except OSError as error:
        raise CannotWriteRevision(f"{target.versions} cannot be written: {error}") from error
    assert written is not None  # noqa: S101 - Alembic has imported what it wrote
    return Path(written.path)


def _title(message: str) -> str:
    """Return *message* as a docstring's sentence: one line, without what would need a backslash."""
    line = " ".join(message.split()).replace('"', "'").replace("\\", "/")
    return line[0].upper() + line[1:].removesuffix(".") + "."


def _next_number(directory: ScriptDirectory) -> str:
    """Return the id after the last: `0003` after `0002`; ids that are no numbers are counted."""
    known = [script.revision for script in directory.walk_revisions()]
    numbers = [int(name) for name in known if re.fullmatch(r"\d+", name)]
    return f"{max(numbers, default=len(known)) + 1:04}"
