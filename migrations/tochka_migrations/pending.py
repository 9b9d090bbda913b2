"""Running what a schema has not seen yet of its revisions, in a transaction that is taken back."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from tochka_migrations.current import current_revisions
from tochka_migrations.patience import Patience
from tochka_migrations.revisions import head_of, revisions_of
from tochka_migrations.roles import ensure_roles
from tochka_migrations.runner import attempt_revisions, rehearsal
from tochka_migrations.targets import Target
from tochka_migrations.transition import move_schema, to_head


class PendingRevisionFailed(Exception):
    """A schema cannot be taken to its newest revision; `error` is what kept it from there."""

    def __init__(self, target: Target, error: Exception) -> None:
        super().__init__(f"{target.name} cannot be taken to its newest revision")
        self.target = target
        self.error = error


class UnknownRevision(Exception):
    """A schema is at a revision that is not in the target's folder."""

    def __init__(self, target: Target, current: str, known: Sequence[str]) -> None:
        newest = known[-1] if known else "nothing"
        super().__init__(
            f"{target.name} is at {current} in the database, its newest revision is {newest}; put"
            f" the file of {current} back into {target.versions}"
        )


async def rehearse_pending(
    connection: AsyncConnection, targets: Sequence[Target], *, patience: Patience
) -> None:
    """Take the schema of the last of *targets* to its newest revision, the others before it.

    Where it is there, nothing is run, wherever the others are. Protection is left out, with the
    rules of isolation: what breaks one may be just what the next revision mends. The caller rolls
    back; *connection* will commit nothing.

    Raises:
        PendingRevisionFailed: a revision cannot be imported, or has failed.
        UnknownRevision: one of the schemas that would be moved is ahead of its files.
        MissingRoles: the login role may not create the platform's two roles.
    """
    current = await connection.run_sync(current_revisions, targets)
    if not _is_behind(targets[-1], current[targets[-1].name]):
        return
    await connection.run_sync(ensure_roles)
    for target in targets:
        if _is_behind(target, current[target.name]):
            await _take_to_head(connection, target, patience)


def _is_behind(target: Target, current: str | None) -> bool:
    try:
        known, head = revisions_of(target), head_of(target)
    except Exception as error:  # whatever a file of a revision raises when it is imported
        raise PendingRevisionFailed(target, error) from error
    if current is not None and current not in known:
        raise UnknownRevision(target, current, known)
    return current != head


async def _take_to_head(connection: AsyncConnection, target: Target, patience: Patience) -> None:
    def run(working: Connection) -> None:
        move_schema(working, target, to_head, [])

    try:
        await attempt_revisions(partial(rehearsal, connection), patience, run)
    except Exception as error:  # a revision may raise anything; its author wants the place
        raise PendingRevisionFailed(target, error) from error
