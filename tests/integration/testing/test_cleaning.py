"""Every test begins with what migrations have left, and with nothing else."""

import pytest
from sqlalchemy import text
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.testing.cleaning import cleaning

SEEDED = (
    "CREATE SCHEMA mod_seeded",
    """CREATE TABLE mod_seeded.kinds (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        upper_name text GENERATED ALWAYS AS (upper(name)) STORED
    )""",
    """CREATE TABLE mod_seeded.things (
        id serial PRIMARY KEY, kind int NOT NULL REFERENCES mod_seeded.kinds
    )""",
    "INSERT INTO mod_seeded.kinds (name) VALUES ('first'), ('second')",
)


@pytest.fixture
def superuser(superuser_url, run_on):
    return lambda *statements: run_on(superuser_url, *statements)


@pytest.fixture
def read(superuser_url):
    async def read(query):
        async with maintenance_engine(superuser_url) as engine, engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    return read


@pytest.fixture
async def seeded(superuser, superuser_url):
    await superuser(*SEEDED)
    async with cleaning(superuser_url) as cleaner:
        yield cleaner


async def test_what_a_migration_has_inserted_is_put_back(seeded, superuser, read):
    await superuser(
        "INSERT INTO mod_seeded.things (kind) VALUES (1), (2)",
        "INSERT INTO mod_seeded.kinds (name) VALUES ('third')",
        "UPDATE mod_seeded.kinds SET name = 'other' WHERE id = 1",
        "DELETE FROM tochka.modules",
    )
    await seeded.clean()
    await superuser(
        "INSERT INTO mod_seeded.kinds (name) VALUES ('new')",
        "INSERT INTO mod_seeded.things (kind) VALUES (3)",
    )
    assert await read("SELECT * FROM mod_seeded.kinds ORDER BY id") == [
        (1, "first", "FIRST"),
        (2, "second", "SECOND"),
        (3, "new", "NEW"),
    ]
    assert await read("SELECT * FROM mod_seeded.things") == [(1, 3)]
    assert await read("SELECT name FROM tochka.modules") == [("notes",)]
