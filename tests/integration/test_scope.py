"""No scope, no transaction; and nothing of a scope outlives its transaction."""

import asyncio
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import pytest
from notes_module.models import Colour, Note
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_core.db import Database, NoScopeError
from tochka_core.db.connecting import DatabaseUnavailable
from tochka_migrations.transactions import ForbiddenStatement
from tochka_plugins import PermissionDenied

WHO = text("SELECT current_user, current_setting('tochka.tenant_id', true)")


@pytest.fixture
async def tenants(database):
    """Two tenants; their ids."""
    ids = [uuid4(), uuid4()]
    async with database.platform_scope(reason="test") as session:
        for number, tenant_id in enumerate(ids):
            await session.execute(
                text("INSERT INTO tochka.tenants (id, name, title) VALUES (:id, :name, :name)"),
                {"id": tenant_id, "name": f"tenant{number}"},
            )
    return ids


async def test_a_transaction_without_a_scope_is_refused(database):
    async with database.engine.connect() as connection:
        with pytest.raises(NoScopeError):
            await connection.execute(text("SELECT 1"))
    async with AsyncSession(database.engine) as session:
        with pytest.raises(NoScopeError):
            await session.execute(text("SELECT 1"))
    with pytest.raises(NoScopeError):
        async with database.engine.begin():
            pass


async def test_options_of_an_engine_are_no_way_around_the_scope(database, tenants):
    for engine in (
        database.engine.execution_options(a=1),
        database.engine.execution_options(a=1).execution_options(b=2),
    ):
        with pytest.raises(NoScopeError):
            async with engine.begin():
                pass
    async with database.tenant_scope(tenants[0]) as session:
        derived = session.bind.execution_options(a=1)
        async with derived.begin() as connection:
            assert (await connection.execute(WHO)).one()[0] == "tochka_tenant"
            with pytest.raises(ForbiddenStatement):
                await connection.execute(text("COMMIT"))


async def test_autocommit_is_no_way_around_the_scope(database):
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(NoScopeError):
            await connection.execute(text("SELECT 1"))


@pytest.fixture
def database_with(engine, settings):
    """Set a default of the server's, and connect anew."""

    @asynccontextmanager
    async def database_with(setting):
        async with engine.begin() as connection:
            name = await connection.scalar(text("SELECT current_database()"))
            await connection.execute(text(f'ALTER DATABASE "{name}" SET {setting}'))
        database = Database(settings.engine_url, pool_size=1)
        yield database
        await database.dispose()

    return database_with


async def test_a_statement_sees_what_is_committed_whatever_the_database_sets(database_with):
    async with (
        database_with("default_transaction_isolation = 'serializable'") as database,
        database.platform_scope(reason="test") as session,
    ):
        level = await session.scalar(text("SHOW transaction_isolation"))
    assert level == "read committed"


@pytest.mark.parametrize("zone", ["Europe/Moscow", "America/New_York"])
async def test_moments_in_json_are_those_of_utc_whatever_the_database_sets(database_with, zone):
    written = text("SELECT to_jsonb(timestamptz '0001-01-01 00:00:01Z') #>> '{}'")
    async with database_with(f"timezone = '{zone}'") as database:
        for _ in range(2):  # the first leaves the connection as it was
            async with database.platform_scope(reason="test") as session:
                assert await session.scalar(written) == "0001-01-01T00:00:01+00:00"


@pytest.mark.parametrize(
    "statement",
    ["COMMIT", "ROLLBACK", "RESET ROLE", "SET SESSION AUTHORIZATION DEFAULT", "SET ROLE NONE"],
)
async def test_nothing_leaves_its_transaction(database, tenants, statement):
    with pytest.raises(ForbiddenStatement):
        async with database.tenant_scope(tenants[0]) as session:
            session.add(Note(text="a"))
            await session.flush()
            await session.execute(text(statement))
    async with database.tenant_scope(tenants[0]) as session:
        assert list(await session.scalars(select(Note))) == []


async def test_the_login_role_sees_no_tenants_rows(database, engine, tenants):
    async with database.tenant_scope(tenants[0]) as session:
        session.add(Note(text="a"))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM mod_notes.notes")) == 0


async def test_a_raw_connection_of_the_pool_sees_no_tenants_rows(database, tenants):
    async with database.tenant_scope(tenants[0]) as session:
        session.add(Note(text="a"))
    raw = await database.engine.raw_connection()
    rows = await raw.driver_connection.fetch("SELECT text FROM mod_notes.notes")
    raw.invalidate()
    assert rows == []


LEFT_BEHIND = {
    "a temporary table": (
        "CREATE TEMPORARY TABLE left_behind AS SELECT 1",
        "SELECT to_regclass('pg_temp.left_behind') IS NULL",
    ),
    "a cursor": (
        "DECLARE left_behind CURSOR WITH HOLD FOR SELECT text FROM mod_notes.notes",
        "SELECT NOT EXISTS (SELECT FROM pg_cursors WHERE name = 'left_behind')",
    ),
    "the tenant": (
        "SELECT set_config('tochka.left_behind', 'x', false)",
        "SELECT coalesce(current_setting('tochka.left_behind', true), '') = ''",
    ),
    "a setting": ("SET search_path = mod_notes", "SELECT current_schema() <> 'mod_notes'"),
    "a lock": (
        "SELECT pg_advisory_lock(1)",
        "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory')",
    ),
    "a subscription": ("LISTEN left_behind", "SELECT NOT EXISTS (SELECT pg_listening_channels())"),
}


@pytest.mark.parametrize("end", ["commit", "rollback"])
@pytest.mark.parametrize("name", LEFT_BEHIND)
async def test_nothing_that_a_statement_has_set_outlives_its_transaction(
    settings, tenants, name, end
):
    leave, is_gone = LEFT_BEHIND[name]
    database = Database(settings.engine_url, pool_size=1)
    with suppress(KeyError):
        async with database.tenant_scope(tenants[0]) as session:
            first = await session.scalar(text("SELECT pg_backend_pid()"))
            await session.execute(text(leave))
            if end == "rollback":
                raise KeyError
    async with database.tenant_scope(tenants[1]) as session:
        assert await session.scalar(text("SELECT pg_backend_pid()")) == first
        assert await session.scalar(text(is_gone))
    await database.dispose()


async def test_a_transaction_in_which_a_statement_has_failed_is_not_committed(database, tenants):
    """PostgreSQL itself would roll it back and call that a success."""
    with pytest.raises(DBAPIError, match="current transaction is aborted"):
        async with database.tenant_scope(tenants[0]) as session:
            session.add(Note(text="a"))
            await session.flush()
            with suppress(DBAPIError):
                await session.execute(text("SELECT 1/0"))


async def test_nothing_outlives_a_commit_that_fails(settings, engine, tenants):
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "ALTER TABLE mod_notes.colours ADD CONSTRAINT later UNIQUE (name)"
                " DEFERRABLE INITIALLY DEFERRED"
            )
        )
    database = Database(settings.engine_url, pool_size=1)
    with pytest.raises(IntegrityError):
        async with database.platform_scope(reason="test") as session:
            await session.execute(text("SELECT pg_advisory_lock(1)"))
            session.add_all([Colour(name="red"), Colour(name="red")])
    async with database.tenant_scope(tenants[1]) as session:
        held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert await session.scalar(held) == 0
    await database.dispose()


async def test_a_connection_that_has_lost_its_prepared_statements_is_replaced(settings, tenants):
    database = Database(settings.engine_url, pool_size=1)
    async with database.tenant_scope(tenants[0]) as session:
        await session.execute(text("SELECT 1"))
        await session.execute(text("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"))
    with pytest.raises(DBAPIError):
        async with database.tenant_scope(tenants[0]) as session:
            await session.execute(text("SELECT 1"))
    async with database.tenant_scope(tenants[0]) as session:
        assert await session.scalar(text("SELECT 1")) == 1
    await database.dispose()


async def test_a_session_that_is_used_after_its_transaction_fails(settings, tenants):
    database = Database(settings.engine_url, pool_size=1)
    async with database.tenant_scope(tenants[0]) as late:
        pass
    with pytest.raises(InvalidRequestError, match="closed"):
        await late.execute(text("SELECT 1"))
    async with database.tenant_scope(tenants[0]) as session:
        assert await session.scalar(text("SELECT 1")) == 1
    await database.dispose()


async def test_a_scope_says_role_and_tenant(database, tenants):
    async with database.tenant_scope(tenants[0]) as session:
        assert tuple((await session.execute(WHO)).one()) == ("tochka_tenant", str(tenants[0]))
    async with database.platform_scope(reason="test") as session:
        assert (await session.execute(WHO)).one()[0] == "tochka_platform"


async def test_the_session_fills_in_the_tenant(database, tenants):
    async with database.tenant_scope(tenants[0]) as session:
        note = Note(text="a")
        session.add(note)
        await session.flush()
        assert note.tenant_id == tenants[0]


async def test_the_database_fills_in_the_tenant_where_the_session_is_passed_by(database, tenants):
    async with database.tenant_scope(tenants[0]) as session:
        added = insert(Note).values(text="a").returning(Note.tenant_id)
        assert await session.scalar(added) == tenants[0]


async def test_a_row_for_another_tenant_is_refused(database, tenants):
    with pytest.raises(PermissionDenied):
        async with database.tenant_scope(tenants[0]) as session:
            session.add(Note(text="a", tenant_id=tenants[1]))


async def test_a_row_is_not_given_away(database, tenants):
    async with database.tenant_scope(tenants[0]) as session:
        session.add(Note(text="a"))
    with pytest.raises(PermissionDenied):
        async with database.tenant_scope(tenants[0]) as session:
            (await session.scalars(select(Note))).one().tenant_id = tenants[1]


async def test_the_database_refuses_what_is_kept_from_the_session(database, tenants):
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.tenant_scope(tenants[0]) as session:
            await session.execute(insert(Note).values(text="a", tenant_id=tenants[1]))


async def test_connections_that_are_used_in_turn_mix_nothing_up(settings, tenants):
    """Few connections, many scopes, errors and cancellations in between."""
    database = Database(settings.engine_url, pool_size=2)

    async def work(number):
        tenant_id = tenants[number % 2]
        if number % 5 == 4:
            with pytest.raises(DBAPIError):
                async with database.tenant_scope(tenant_id) as session:
                    await session.execute(text("SELECT 1/0"))
            return
        if number % 7 == 6:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001), database.tenant_scope(tenant_id) as session:
                    await session.execute(text("SELECT pg_sleep(5)"))
            return
        async with database.tenant_scope(tenant_id) as session:
            session.add(Note(text=f"{tenant_id} {number}"))
            await session.flush()
            texts = list(await session.scalars(select(Note.text)))
            assert texts
            assert all(text.startswith(str(tenant_id)) for text in texts)

    await asyncio.gather(*(work(number) for number in range(60)))
    await database.dispose()


async def test_an_error_rolls_everything_back(database, tenants):
    with pytest.raises(RuntimeError):
        async with database.tenant_scope(tenants[0]) as session:
            session.add(Note(text="a"))
            await session.flush()
            raise RuntimeError
    async with database.tenant_scope(tenants[0]) as session:
        assert list(await session.scalars(select(Note))) == []


async def test_connections_that_the_server_has_closed_are_replaced(database, engine, tenants):
    async def id_of_connection():
        async with database.tenant_scope(tenants[0]) as session:
            await asyncio.sleep(0)
            return await session.scalar(text("SELECT pg_backend_pid()"))

    before = set(await asyncio.gather(*(id_of_connection() for _ in range(5))))
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    after = set(await asyncio.gather(*(id_of_connection() for _ in range(5))))
    assert after
    assert len(after - before) >= len(before) - 1


async def test_a_database_that_is_away_is_reported_as_unavailable(settings):
    away = Database(settings.engine_url.set(query={"host": "/nonexistent"}), pool_size=1)
    with pytest.raises(DatabaseUnavailable):
        async with away.platform_scope(reason="test") as session:
            await session.execute(text("SELECT 1"))


async def test_a_database_that_does_not_know_us_is_reported_as_unavailable(settings):
    refusing = Database(settings.engine_url.set(database="nowhere"), pool_size=1)
    with pytest.raises(DatabaseUnavailable):
        async with refusing.platform_scope(reason="test") as session:
            await session.execute(text("SELECT 1"))


async def test_a_scope_takes_a_connection_with_its_first_statement(settings, tenants):
    database = Database(settings.engine_url, pool_size=1)
    async with database.tenant_scope(tenants[0]), database.tenant_scope(tenants[1]) as session:
        assert database.engine.pool.checkedout() == 0
        assert await session.scalar(text("SELECT 1")) == 1
        assert database.engine.pool.checkedout() == 1
    await database.dispose()
