"""No scope, no transaction; and nothing of a scope outlives its transaction."""

import asyncio
from uuid import uuid4

import pytest
from notes_module.models import Note
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_core.db import Database, NoScopeError
from tochka_core.db.database import DatabaseUnavailable

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


async def test_autocommit_is_no_way_around_the_scope(database):
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(NoScopeError):
            await connection.execute(text("SELECT 1"))


async def test_a_scope_says_role_and_tenant(database, tenants):
    async with database.tenant_scope(tenants[0]) as session:
        assert tuple((await session.execute(WHO)).one()) == ("tochka_tenant", str(tenants[0]))
    async with database.platform_scope(reason="test") as session:
        assert (await session.execute(WHO)).one()[0] == "tochka_platform"


async def test_the_database_fills_in_the_tenant(database, tenants):
    async with database.tenant_scope(tenants[0]) as session:
        note = Note(text="a")
        session.add(note)
        await session.flush()
        assert note.tenant_id == tenants[0]


async def test_a_row_for_another_tenant_is_refused(database, tenants):
    async with database.tenant_scope(tenants[0]) as session:
        session.add(Note(text="a", tenant_id=tenants[1]))
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.flush()
        session.expunge_all()


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


async def test_connections_that_the_server_has_closed_are_replaced(database, tenants):
    async def id_of_connection():
        async with database.tenant_scope(tenants[0]) as session:
            await asyncio.sleep(0)
            return await session.scalar(text("SELECT pg_backend_pid()"))

    before = set(await asyncio.gather(*(id_of_connection() for _ in range(5))))
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("RESET ROLE"))
        await session.execute(
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
        async with away.platform_scope(reason="test"):
            pass


async def test_a_pool_that_is_used_up_is_reported_as_unavailable(settings, monkeypatch):
    database = Database(settings.engine_url, pool_size=1)
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.05)
    async with database.platform_scope(reason="test"):
        with pytest.raises(DatabaseUnavailable):
            async with database.platform_scope(reason="test"):
                pass
    await database.dispose()
