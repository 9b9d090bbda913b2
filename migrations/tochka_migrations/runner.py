"""Taking every schema to its head: in order, one at a time in the cluster, each all or nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tochka_migrations.outcome import Outcome, Upgrade
from tochka_migrations.patience import DEFAULT_PATIENCE, Patience, attempt_patiently
from tochka_migrations.revisions import head_of
from tochka_migrations.roles import ensure_roles
from tochka_migrations.surroundings import StrayRevision
from tochka_migrations.survey import Standing, survey
from tochka_migrations.targets import CORE_TARGET, Target
from tochka_migrations.transactions import never_commit
from tochka_migrations.transition import to_head, transition
from tochka_migrations.unmade import UnmadeTables, find_unmade

ADVISORY_LOCK: Final = 7_405_150_100
"""Any number will do; all processes that migrate one database take this lock."""


async def upgrade(
    engine: AsyncEngine,
    targets: Sequence[Target],
    *,
    rehearse: bool = False,
    patience: Patience = DEFAULT_PATIENCE,
    begin: Callable[[str], None] = lambda _target: None,
    report: Callable[[Outcome], None] = lambda _outcome: None,
) -> Upgrade:
    """Take *targets* to their heads, in the order given.

    Each target has one transaction, which is tried again with *patience* where other sessions hold
    a lock that it needs. A failure leaves its schema as it was and stops those that require it; the
    others go on. Two processes that migrate one database at once take turns.
    *begin* is told of each target by name before its revisions run, *report* of what became of it.

    To *rehearse* does all of it in one transaction and takes it back: what is returned is what an
    upgrade would come to. The locks that revisions take are held until its end.

    Raises:
        MissingRoles: the login role may not create the platform's two roles.
        sqlalchemy.exc.DBAPIError: the database cannot be reached.
    """
    outcomes: dict[str, Outcome] = {}
    async with exclusive(engine) as connection:
        transaction = partial(rehearsal, connection) if rehearse else engine.begin
        async with transaction() as working:
            prepared = await working.run_sync(ensure_roles)
            standings = await working.run_sync(survey, targets)
        attempt = partial(attempt_revisions, transaction, patience)
        for target in targets:
            begin(target.name)
            standing = standings[target.name]
            outcome = await _upgrade(attempt, target, standing, outcomes, prepared)
            outcomes[target.name] = outcome
            prepared = []
            report(outcome)
        if rehearse:
            await connection.rollback()
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


@asynccontextmanager
async def rehearsal(connection: AsyncConnection) -> AsyncIterator[AsyncConnection]:
    """Yield *connection* for a part that fails alone, also for what only a COMMIT would find."""
    await connection.run_sync(never_commit)
    async with connection.begin_nested():
        yield connection
        async with connection.begin_nested() as check:
            await connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            await check.rollback()


async def attempt_revisions(
    transaction: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
    patience: Patience,
    work: Callable[[Connection], None],
) -> None:
    """Do *work* as `attempt_patiently` does, and once more where a revision seems to have strayed.

    Another session may have made that change meanwhile; a revision makes it again.

    Raises:
        StillLocked: others have kept a statement from its lock in every try.
        Exception: whatever else *work* raises.
    """
    try:
        await attempt_patiently(transaction, patience, work)
    except StrayRevision:
        await attempt_patiently(transaction, patience, work)


async def _upgrade(
    attempt: Callable[[Callable[[Connection], None]], Awaitable[None]],
    target: Target,
    standing: Standing,
    done: Mapping[str, Outcome],
    prepared: Sequence[str],
) -> Outcome:
    before = standing.revision
    if blocker := _blocker(target, done):
        return Outcome(target.name, before, before, blocked_by=blocker)
    statements = list(prepared)

    def run(connection: Connection) -> None:
        statements[:] = prepared
        transition(connection, target, None if before == head else to_head, statements)
        if unmade := find_unmade(connection, [target])[target.name]:
            raise UnmadeTables(target, unmade)

    try:
        head = head_of(target)
        if before != head or not standing.is_sound:
            await attempt(run)
    except Exception as error:  # noqa: BLE001 - a revision may raise anything; the others go on
        return Outcome(target.name, before, before, error=error, statements=tuple(statements))
    return Outcome(target.name, before, head, statements=tuple(statements))


def _blocker(target: Target, done: Mapping[str, Outcome]) -> str | None:
    """Return a target whose failure keeps *target* from being tried."""
    required = {*target.requires, CORE_TARGET} - {target.name}
    return min((name for name in required if name in done and done[name].has_failed), default=None)
