"""Dropping what a module has left behind."""

from uuid import uuid4

import pytest
from notes_module.models import Note
from sqlalchemy import text
from tochka_core.registry.purge import find_remains, purge
from tochka_plugins import Conflict, Limits, NotFound


@pytest.fixture
async def notes_in_use(database):
    """Two tenants with a note each, and the module enabled."""
    for number in range(2):
        tenant_id = uuid4()
        async with database.platform_scope(reason="test") as session:
            values = {"id": tenant_id, "name": f"tenant{number}"}
            await session.execute(
                text("INSERT INTO tochka.tenants (id, name, title) VALUES (:id, :name, :name)"),
                values,
            )
            await session.execute(
                text("INSERT INTO tochka.tenant_modules (tenant_id, module) VALUES (:id, 'notes')"),
                values,
            )
        async with database.tenant_scope(tenant_id) as session:
            session.add(Note(text="a"))
            await Limits(session).consume("notes.max")


async def schemas(engine):
    async with engine.connect() as connection:
        rows = await connection.scalars(
            text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'mod\\_%'")
        )
        return set(rows)


async def test_what_would_be_dropped_is_counted_over_all_tenants(engine, notes_in_use):
    remains = await find_remains(engine, "notes")
    assert {table.name: table.rows for table in remains.tables} == {
        "mod_notes.colours": 0,
        "mod_notes.notes": 2,
    }
    assert remains.enabled_for == 2
    assert remains.referenced_by == ()


async def test_a_purged_module_leaves_nothing(engine, database, notes_in_use):
    async with database.platform_scope(reason="test") as session:
        await session.execute(
            text(
                "INSERT INTO tochka.limit_usage"
                " SELECT id, 'notesbook.max', now(), 1 FROM tochka.tenants LIMIT 1"
            )
        )
    await purge(engine, "notes")
    assert await schemas(engine) == set()
    async with database.platform_scope(reason="test") as session:
        assert (await session.scalars(text("SELECT name FROM tochka.limits"))).all() == []
        counted = await session.scalars(text("SELECT name FROM tochka.limit_usage"))
        assert counted.all() == ["notesbook.max"], "another module's"
    with pytest.raises(NotFound):
        await find_remains(engine, "notes")
    with pytest.raises(NotFound):
        await purge(engine, "notes")


@pytest.mark.parametrize(
    "other",
    [
        "CREATE TABLE mod_other.t (id uuid REFERENCES mod_notes.colours (id))",
        "CREATE VIEW mod_other.t AS SELECT name FROM mod_notes.colours",
    ],
    ids=["foreign key", "view"],
)
async def test_tables_that_others_refer_to_are_kept(engine, notes_in_use, other):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA mod_other"))
        await connection.execute(text(other))
    with pytest.raises(Conflict, match=r"Others refer to the tables of notes: .*mod_other\.t"):
        await purge(engine, "notes")
    assert await schemas(engine) == {"mod_notes", "mod_other"}


@pytest.mark.parametrize("name", ["nowhere", "tochka", "../x", 'a"; DROP SCHEMA tochka; --'])
async def test_what_is_no_module_is_not_found(engine, name):
    with pytest.raises(NotFound):
        await purge(engine, name)


async def test_an_installed_module_is_not_purged(engine):
    """`contacts` is installed in the environment that runs the tests."""
    async with engine.begin() as connection:
        await connection.execute(text("CREATE SCHEMA mod_contacts"))
        await connection.execute(text("CREATE TABLE mod_contacts.t (id int)"))
    with pytest.raises(Conflict, match="tochka modules remove contacts"):
        await purge(engine, "contacts")
