"""A transaction is one, whether its session was made first, late, or never."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest
from notes_module.models import Colour, Note
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, async_object_session
from sqlalchemy.orm import Session
from tochka_core.db import Database
from tochka_core.db.scope import Scope
from tochka_plugins.late_session import LateSession, on_connection
from waiting import eventually

NUMBER = text("SELECT pg_backend_pid(), pg_current_xact_id()::text")


def number_of_transaction(connection):
    return tuple(connection.execute(NUMBER).one())


def texts(connection):
    return list(connection.scalars(select(Note.__table__.c.text)))


def write(connection, what):
    connection.execute(insert(Note).values(text=what))


def fail(connection):
    connection.execute(text("SELECT 1/0"))


@pytest.fixture
async def tenant_id(database):
    tenant_id = uuid4()
    adding = "INSERT INTO tochka.tenants (id, name, title) VALUES (:id, 'acme', 'A')"
    async with database.platform_scope(reason="test") as session:
        await session.execute(text(adding), {"id": tenant_id})
    return tenant_id


@pytest.fixture
def made(monkeypatch):
    """The sessions that SQLAlchemy has made."""
    made = []
    init = Session.__init__

    def note(self, *given, **named):
        made.append(self)
        init(self, *given, **named)

    monkeypatch.setattr(Session, "__init__", note)
    return made


@pytest.fixture
async def one_connection(settings):
    """A pool of one connection, which has to come back each time."""
    database = Database(settings.engine_url, pool_size=1)
    yield database
    assert database.engine.pool.checkedout() == 0
    await database.dispose()


async def test_who_reads_on_the_connection_makes_no_session(database, tenant_id, made):
    async with database.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == []
    assert made == []


async def test_what_is_written_on_the_connection_is_kept(one_connection, tenant_id):
    async with one_connection.tenant_scope(tenant_id) as session:
        await on_connection(session, write, "a")
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == ["a"]


async def test_a_session_that_is_made_late_works_in_the_same_transaction(database, tenant_id):
    async with database.tenant_scope(tenant_id) as session:
        first = await on_connection(session, number_of_transaction)
        assert tuple((await session.execute(NUMBER)).one()) == first
        session.add(Note(text="a"))
        assert await on_connection(session, texts) == ["a"]  # written for it
        assert await on_connection(session, number_of_transaction) == first
    async with database.tenant_scope(tenant_id) as session:
        assert (await session.scalars(select(Note))).one().tenant_id == tenant_id


async def test_a_connection_that_is_asked_for_late_is_that_of_the_session(database, tenant_id):
    async with database.tenant_scope(tenant_id) as session:
        first = tuple((await session.execute(NUMBER)).one())
        session.add(Note(text="a"))
        assert await on_connection(session, texts) == ["a"]
        assert await on_connection(session, number_of_transaction) == first


async def test_any_other_session_lends_its_connection_too(database, tenant_id):
    async with database.tenant_scope(tenant_id) as outer:
        own = AsyncSession(await outer.connection(), join_transaction_mode="create_savepoint")
        async with own, own.begin():
            own.add(Note(text="a", tenant_id=tenant_id))
            assert await on_connection(own, texts) == ["a"]


@pytest.mark.parametrize("is_made", [False, True], ids=["no session", "session"])
async def test_what_raises_takes_all_back(one_connection, tenant_id, is_made):
    with pytest.raises(KeyError):
        async with one_connection.tenant_scope(tenant_id) as session:
            await on_connection(session, write, "a")
            if is_made:
                session.add(Note(text="b"))
                await session.flush()
            raise KeyError
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == []


@pytest.mark.parametrize("is_made", [False, True], ids=["no session", "session"])
async def test_a_transaction_in_which_a_statement_has_failed_is_not_committed(
    one_connection, tenant_id, is_made
):
    with pytest.raises(DBAPIError, match="current transaction is aborted"):
        async with one_connection.tenant_scope(tenant_id) as session:
            await on_connection(session, write, "a")
            with suppress(DBAPIError):
                await on_connection(session, fail)
            if is_made:
                session.add_all([])
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == []


@pytest.mark.parametrize("is_made", [False, True], ids=["no session", "session"])
async def test_a_commit_that_fails_gives_the_connection_back(
    one_connection, engine, tenant_id, is_made
):
    later = (
        "ALTER TABLE mod_notes.colours ADD CONSTRAINT later UNIQUE (name)"
        " DEFERRABLE INITIALLY DEFERRED"
    )
    async with engine.begin() as connection:
        await connection.execute(text(later))

    def write_twice(connection):
        connection.execute(insert(Colour), [{"name": "red"}, {"name": "red"}])

    with pytest.raises(IntegrityError):
        async with one_connection.platform_scope(reason="test") as session:
            await on_connection(session, write_twice)
            if is_made:
                session.add_all([])
    async with one_connection.tenant_scope(tenant_id) as session:
        assert list(await session.scalars(select(Colour.name))) == []


@pytest.mark.parametrize("is_made", [False, True], ids=["no session", "session"])
async def test_who_goes_on_where_no_transaction_could_begin_is_given_one(
    one_connection, tenant_id, monkeypatch, is_made
):
    whole = Scope.opening.fget
    broken = iter(["SELECT 1/0"])
    monkeypatch.setattr(Scope, "opening", property(lambda self: next(broken, whole(self))))
    with pytest.raises(KeyError):
        async with one_connection.tenant_scope(tenant_id) as session:
            with pytest.raises(Exception, match="division by zero"):
                await on_connection(session, texts)
            if is_made:
                session.add_all([])
            role = await on_connection(session, lambda it: it.scalar(text("SELECT current_user")))
            assert role == "tochka_tenant"
            await on_connection(session, write, "a")
            raise KeyError
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == []
        await on_connection(session, write, "b")
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == ["b"]


async def test_who_is_cancelled_while_it_begins_may_go_on(one_connection, tenant_id, monkeypatch):
    whole = Scope.opening.fget
    slow = iter(["SELECT pg_sleep(60)"])
    monkeypatch.setattr(Scope, "opening", property(lambda self: next(slow, whole(self))))
    async with one_connection.tenant_scope(tenant_id) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await on_connection(session, texts)
        await on_connection(session, write, "a")
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == ["a"]


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
async def test_who_ends_the_transaction_early_gives_the_connection_back(
    one_connection, tenant_id, end
):
    async with one_connection.tenant_scope(tenant_id) as session:
        await on_connection(session, texts)
        session.add(Note(text="a"))
        await getattr(session, end)()
        assert one_connection.engine.pool.checkedout() == 0
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == (["a"] if end == "commit" else [])


async def test_who_is_cancelled_gives_the_connection_back(one_connection, tenant_id):
    def sleep(connection):
        connection.execute(text("SELECT pg_sleep(60)"))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), one_connection.tenant_scope(tenant_id) as session:
            await on_connection(session, sleep)
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == []


@pytest.mark.parametrize("before", ["nothing", "connection"])
@pytest.mark.parametrize("other", ["connection", "session"])
async def test_two_tasks_at_once_are_given_no_transaction_each(
    one_connection, tenant_id, before, other
):
    async with one_connection.tenant_scope(tenant_id) as session:
        if before == "connection":
            await on_connection(session, texts)
        read, refused = await asyncio.gather(
            on_connection(session, texts),
            on_connection(session, texts) if other == "connection" else session.scalars(NUMBER),
            return_exceptions=True,
        )
        assert read == []
        assert isinstance(refused, InvalidRequestError)
        await on_connection(session, write, "a")
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == ["a"]


@pytest.mark.parametrize("before", ["nothing", "connection"])
async def test_a_task_that_is_left_behind_keeps_no_connection(
    one_connection, engine, tenant_id, before
):
    def sleep(connection):
        connection.execute(text("SELECT pg_sleep(60)"))

    async def sleeps():
        seen = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
        async with engine.connect() as connection:
            return await connection.scalar(text(seen))

    with pytest.raises(DBAPIError):
        async with one_connection.tenant_scope(tenant_id) as session:
            if before == "connection":
                await on_connection(session, texts)
            left = asyncio.create_task(on_connection(session, sleep))
            await eventually(sleeps)
    with pytest.raises(DBAPIError):
        await left
    async with one_connection.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == []


async def test_who_waits_for_a_connection_when_all_is_over_gets_none(one_connection, tenant_id):
    async with one_connection.tenant_scope(tenant_id) as holder:
        await on_connection(holder, texts)
        async with one_connection.tenant_scope(tenant_id) as late:
            waiting = asyncio.create_task(on_connection(late, texts))
            await asyncio.sleep(0)  # until it waits for the only one
    with pytest.raises(InvalidRequestError, match="over"):
        await waiting


@pytest.mark.parametrize("use", ["connection", "session"])
@pytest.mark.parametrize("before", ["nothing", "connection", "session"])
async def test_a_session_is_of_no_use_after_its_transaction(one_connection, tenant_id, before, use):
    async with one_connection.tenant_scope(tenant_id) as late:
        if before == "connection":
            await on_connection(late, texts)
        elif before == "session":
            await late.scalars(select(Note))
    with pytest.raises(InvalidRequestError):
        await (on_connection(late, texts) if use == "connection" else late.scalars(select(Note)))


@pytest.mark.parametrize("is_late", [False, True], ids=["made first", "made late"])
async def test_it_says_of_itself_what_any_session_does(database, tenant_id, is_late):
    async with database.tenant_scope(tenant_id) as session:
        session.info["early"] = 1
        if is_late:
            await on_connection(session, texts)
        note = Note(text="a")
        session.add(note)
        await session.flush()
        session.info["late"] = 2
        assert isinstance(session, LateSession)
        assert session.sync_session.info == session.info
        assert {"early", "late"} <= session.info.keys()
        assert async_object_session(note) is session
        assert session.in_transaction()
        assert session.bind.dialect.name == "postgresql"
        with suppress(KeyError):
            async with session.begin_nested():
                session.add(Note(text="b"))
                await session.flush()
                raise KeyError
    async with database.tenant_scope(tenant_id) as session:
        assert await on_connection(session, texts) == ["a"]
