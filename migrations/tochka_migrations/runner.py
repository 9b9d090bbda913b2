"""Taking every schema to its head: in order, one at a time in the cluster, each all or nothing."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tochka_migrations.rls import all_rows, protect
from tochka_migrations.roles import ensure_roles
from tochka_migrations.surroundings import refuse_strays, surroundings
from tochka_migrations.table_rules import UnsafeSchema, broken_rules
from tochka_migrations.targets import CORE_TARGET, HERE, VERSION_TABLE, Target
from tochka_migrations.transactions import keep_whole

ADVISORY_LOCK: Final = 7_405_150_100
"""Any number will do; all processes that migrate one database take this lock."""

LOCK_TIMEOUT: Final = "4s"
"""A revision that waits longer for a table would make every later request queue behind it."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one target."""

    target: str
    before: str | None
    """The revision it was at; `None` before the first."""
    after: str | None
    error: BaseException | None = None
    blocked_by: str | None = None
    """The target whose failure kept this one from being tried."""

    @property
    def has_changed(self) -> bool:
        """The target has been taken forward."""
        return self.before != self.after


class Upgrade(msgspec.Struct, frozen=True):
    """What became of all targets, in the order in which they were tried."""

    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> dict[str, Outcome]:
        """The targets that are not at their head, by name."""
        return {item.target: item for item in self.outcomes if item.error or item.blocked_by}


async def upgrade(
    engine: AsyncEngine,
    targets: Sequence[Target],
    *,
    begin: Callable[[str], None] = lambda _target: None,
    report: Callable[[Outcome], None] = lambda _outcome: None,
) -> Upgrade:
    """Take *targets* to their heads, in the order given.

    Each target has one transaction. A failure leaves its schema as it was and stops those that
    require it; the others go on. Two processes that migrate one database at once take turns.
    *begin* is told of each target by name before its revisions run, *report* of what became of it.

    Raises:
        MissingRoles: the login role may not create the platform's two roles.
        sqlalchemy.exc.DBAPIError: the database cannot be reached.
    """
    outcomes: dict[str, Outcome] = {}
    async with exclusive(engine):
        async with engine.begin() as connection:
            await connection.run_sync(ensure_roles)
        for target in targets:
            begin(target.name)
            outcome = await _upgrade(engine, target, outcomes)
            outcomes[target.name] = outcome
            report(outcome)
    return Upgrade(outcomes=tuple(outcomes.values()))


@asynccontextmanager
async def exclusive(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Yield a transaction that keeps other processes from changing schemas until it ends.

    The lock belongs to the transaction, so that it works through a transaction-mode pooler too.
    """
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        yield connection


async def _upgrade(engine: AsyncEngine, target: Target, done: dict[str, Outcome]) -> Outcome:
    failed = {name for name in target.requires if name in done and done[name].error}
    failed |= {name for name in target.requires if name in done and done[name].blocked_by}
    if CORE_TARGET in done and done[CORE_TARGET].error:
        failed.add(CORE_TARGET)
    before: str | None = None
    if failed:
        return Outcome(target.name, before, before, blocked_by=min(failed))
    try:
        async with engine.begin() as connection:
            before = await connection.run_sync(current_revision, target)
            after = await connection.run_sync(_run, target)
    except Exception as error:  # noqa: BLE001 - a revision may raise anything; the others go on
        return Outcome(target.name, before, before, error=error)
    return Outcome(target.name, before, after)


def _run(connection: Connection, target: Target) -> str | None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{target.schema}"'))
    if current_revision(connection, target) != head_of(target):
        _run_revisions(connection, target)
    protect(connection, target)
    if broken := "; ".join(broken_rules(connection, target)):
        raise UnsafeSchema(broken)
    return current_revision(connection, target)


def _run_revisions(connection: Connection, target: Target) -> None:
    # A revision that forgets the schema must not write into public.
    connection.execute(text(f'SET LOCAL search_path = "{target.schema}"'))
    before = surroundings(connection, target)
    keep_whole(connection)
    with all_rows(connection):
        command.upgrade(config_for(connection, target), "head")
    refuse_strays(before, surroundings(connection, target), target)


def config_for(connection: Connection, target: Target) -> Config:
    """Return the Alembic configuration for one target, for Alembic's own commands."""
    config = Config(attributes={"connection": connection, "target": target})
    config.set_main_option("script_location", _escaped(HERE))
    config.set_main_option("version_locations", _escaped(target.versions))
    # A newline is the one separator that no sane path contains.
    config.set_main_option("path_separator", "newline")
    return config


def head_of(target: Target) -> str | None:
    """Return the newest revision in the target's folder.

    Raises:
        alembic.util.CommandError: there are two heads, or a revision cannot be imported.
    """
    script = ScriptDirectory(str(HERE), version_locations=[str(target.versions)])
    return script.get_current_head()


def knows(target: Target, revision: str) -> bool:
    """Tell whether *revision* is one of those in the target's folder."""
    script = ScriptDirectory(str(HERE), version_locations=[str(target.versions)])
    return any(known.revision == revision for known in script.walk_revisions())


def current_revision(connection: Connection, target: Target) -> str | None:
    """Return the revision that the target's schema is at; `None` before the first."""
    options = {"version_table": VERSION_TABLE, "version_table_schema": target.schema}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _escaped(path: object) -> str:
    """Return *path* for a ConfigParser, which interpolates percent signs."""
    return str(path).replace("%", "%%")
