"""Taking one module's schema back to an earlier revision."""

import re
from collections.abc import Callable
from typing import Final

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from tochka_migrations.current import current_revisions
from tochka_migrations.patience import DEFAULT_PATIENCE, Patience, attempt_patiently
from tochka_migrations.revisions import revisions_of
from tochka_migrations.runner import exclusive
from tochka_migrations.targets import Target
from tochka_migrations.transition import transition

BASE: Final = "base"
_STEPS: Final = re.compile(r"-[1-9]\d*")
_DEPENDENT_OBJECTS_STILL_EXIST: Final = "2BP01"


class CannotDowngrade(Exception):
    """The schema cannot be taken back so far, or not at all; the message says why."""


class Downgrade(msgspec.Struct, frozen=True):
    """From where to where a schema goes back."""

    before: str
    after: str | None
    """`None` is before the first revision, with no tables left."""


def plan_downgrade(connection: Connection, target: Target, revision: str) -> Downgrade:
    """Return what going back to *revision* comes to: an id, `-1` and the like, or `base`.

    Raises:
        CannotDowngrade: there is no such revision before the one that the schema is at, or the
            installed package does not know that one.
    """
    current = current_revisions(connection, [target])[target.name]
    if current is None:
        raise CannotDowngrade(f"{target.name} is at nothing, before its first revision.")
    known = revisions_of(target)
    if current not in known:
        raise CannotDowngrade(
            f"{target.name} is at {current}, which is newer than the installed package knows;"
            " install the version that made it"
        )
    line: list[str | None] = [None, *known[: known.index(current)]]
    if revision == BASE:
        return Downgrade(current, None)
    if revision in line:
        return Downgrade(current, revision)
    if _STEPS.fullmatch(revision) and -int(revision) <= len(line):
        return Downgrade(current, line[int(revision)])
    listed = ", ".join(name or BASE for name in line)
    raise CannotDowngrade(
        f"{target.name} is at {current} and cannot go back to {revision}; it can to: {listed}"
    )


async def downgrade(
    engine: AsyncEngine,
    target: Target,
    planned: Downgrade,
    *,
    patience: Patience = DEFAULT_PATIENCE,
    afterwards: Callable[[Connection], None] | None = None,
) -> None:
    """Take the schema of *target* back as *planned*: all or nothing, and protected as before.

    What is to be done *afterwards* belongs to the same transaction.

    Raises:
        CannotDowngrade: other tables refer to what would be dropped, or the schema has moved since
            it was planned.
        Exception: whatever a revision raises.
    """

    def work(connection: Connection) -> None:
        if current_revisions(connection, [target])[target.name] != planned.before:
            raise CannotDowngrade(f"{target.name} is no longer at {planned.before}.")
        transition(connection, target, move, [])
        if afterwards is not None:
            afterwards(connection)

    def move(config: Config) -> None:
        command.downgrade(config, planned.after or BASE)

    try:
        async with exclusive(engine):
            await attempt_patiently(engine.begin, patience, work)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _DEPENDENT_OBJECTS_STILL_EXIST:
            raise
        detail = getattr(error.orig and error.orig.__cause__, "detail", None) or error.orig
        raise CannotDowngrade(f"Other tables need what would be dropped: {detail}") from error
