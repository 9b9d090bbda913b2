"""Moving one schema to another revision, inside a transaction that the caller holds."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from tochka_migrations.recording import recorded
from tochka_migrations.revisions import config_for
from tochka_migrations.rls import all_rows, protect
from tochka_migrations.roles import check_may_make_schemas
from tochka_migrations.surroundings import refuse_strays, surroundings
from tochka_migrations.table_rules import UnsafeSchema, broken_rules
from tochka_migrations.targets import Target
from tochka_migrations.transactions import kept_whole


def transition(
    connection: Connection,
    target: Target,
    move: Callable[[Config], None] | None,
    statements: list[str],
) -> None:
    """Run the revisions of *target* as *move* says, where it does, and protect what there is then.

    What is run is added to *statements*.

    Raises:
        MayNotMakeSchemas: the schema is not there, and the login role may not make it.
        StrayRevision: a revision has changed something outside the schema.
        UnsafeSchema: what stands in the schema now lets tenants meet.
        Exception: whatever a revision raises.
    """
    move_schema(connection, target, move, statements)
    statements += protect(connection, target)
    if broken := "; ".join(broken_rules(connection, [target])[target.name]):
        raise UnsafeSchema(broken)


def move_schema(
    connection: Connection,
    target: Target,
    move: Callable[[Config], None] | None,
    statements: list[str],
) -> None:
    """Do of `transition` what comes before the protection, which the next one will see to.

    Raises:
        MayNotMakeSchemas: the schema is not there, and the login role may not make it.
        StrayRevision: a revision has changed something outside the schema.
        Exception: whatever a revision raises.
    """
    # A revision that forgets the schema must not write into public.
    connection.execute(text(f'SET LOCAL search_path = "{target.schema}"'))
    if not inspect(connection).has_schema(target.schema):
        check_may_make_schemas(connection)
        with recorded(connection, statements):
            connection.execute(text(f'CREATE SCHEMA "{target.schema}"'))
    if move is not None:
        _run_revisions(connection, target, move, statements)


def to_head(config: Config) -> None:
    """Move to the newest revision."""
    command.upgrade(config, "head")


def _run_revisions(
    connection: Connection,
    target: Target,
    move: Callable[[Config], None],
    statements: list[str],
) -> None:
    before = surroundings(connection, target)
    with all_rows(connection), kept_whole(connection), recorded(connection, statements):
        move(config_for(connection, target))
    refuse_strays(before, surroundings(connection, target), target)
