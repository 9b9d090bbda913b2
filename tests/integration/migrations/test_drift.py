"""Models and tables that differ are told apart, by table and column."""

import pytest
from sqlalchemy import (
    TIMESTAMP,
    Column,
    Computed,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from tochka_core.registry.targets import core_with_models
from tochka_migrations.drift import find_drift
from tochka_migrations.targets import module_target

NOTES = "mod_notes.notes"


async def drift(engine, target):
    async with engine.connect() as connection:
        return await connection.run_sync(find_drift, target)


async def test_the_core_and_a_module_are_what_their_models_declare(engine, notes_target):
    # The login role is called as the core's schema, which "$user" would make the default one.
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT current_schema()")) == "tochka"
    assert await drift(engine, core_with_models()) == []
    assert await drift(engine, notes_target) == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (f"ALTER TABLE {NOTES} ADD more int", f"the column {NOTES}.more is in no model"),
        (f"ALTER TABLE {NOTES} DROP text", f"the column {NOTES}.text is missing"),
        (
            f"ALTER TABLE {NOTES} ALTER text TYPE varchar(9)",
            f"{NOTES}.text: the type is VARCHAR(9), the model says TEXT",
        ),
        (
            f"ALTER TABLE {NOTES} ALTER text DROP NOT NULL",
            f"{NOTES}.text: nullable is true, the model says false",
        ),
        (
            f"ALTER TABLE {NOTES} ALTER created_at DROP DEFAULT",
            f"{NOTES}.created_at: the default is none, the model says now()",
        ),
        (
            f"ALTER TABLE {NOTES} ALTER created_at SET DEFAULT '2000-01-01'",
            f"{NOTES}.created_at: the default is '2000-01-01",
        ),
        (f"CREATE INDEX i ON {NOTES} (text)", f"on {NOTES} the index i (text) is in no model"),
        (
            f"ALTER TABLE {NOTES} DROP CONSTRAINT uq_notes_tenant_id_text",
            "the unique constraint uq_notes_tenant_id_text (tenant_id, text) is missing",
        ),
        (
            f"ALTER TABLE {NOTES} DROP CONSTRAINT fk_notes_tenant_id",
            "the foreign key fk_notes_tenant_id (tenant_id) is missing",
        ),
        ("CREATE TABLE mod_notes.t (id int)", "the table mod_notes.t is in no model"),
        ("DROP TABLE mod_notes.colours", "the table mod_notes.colours is missing"),
    ],
)
async def test_a_difference_is_named(engine, notes_target, statement, finding):
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    found = await drift(engine, notes_target)
    assert any(finding in sentence for sentence in found), found


async def test_another_schemas_tables_are_no_drift(engine, notes_target):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE public.t (id int)"))
    assert await drift(engine, notes_target) == []


@pytest.mark.parametrize(
    ("type_", "default"),
    [
        (Text, "it's"),
        (Text, "a: b"),
        (Integer, text("1 + 1")),
        (ARRAY(Text), "{}"),
        (JSONB, text("'{\"a\": 1}'::jsonb")),
        (TIMESTAMP(timezone=True), func.now()),
        (TIMESTAMP(timezone=True), text("now() + interval '1 day'")),
        (TIMESTAMP(timezone=True), text("CURRENT_TIMESTAMP + '1 day'")),
    ],
)
async def test_a_default_that_postgres_has_rewritten_is_no_drift(empty, type_, default):
    metadata = MetaData(schema="mod_notes")
    Table("t", metadata, Column("id", Integer), Column("it", type_, server_default=default))
    async with empty.begin() as connection:
        await connection.execute(text("CREATE SCHEMA mod_notes"))
        await connection.run_sync(metadata.create_all)
    target = module_target("notes", ".", requires=frozenset(), metadata=metadata)
    assert await drift(empty, target) == []
    async with empty.begin() as connection:
        await connection.execute(text("ALTER TABLE mod_notes.t ALTER it DROP DEFAULT"))
    assert len(await drift(empty, target)) == 1


@pytest.mark.parametrize(
    "generated", [Computed("id + 1", persisted=True), Identity()], ids=["computed", "identity"]
)
async def test_a_generated_column_is_no_drift(empty, generated):
    metadata = MetaData(schema="mod_notes")
    Table("t", metadata, Column("id", Integer), Column("it", Integer, generated))
    async with empty.begin() as connection:
        await connection.execute(text("CREATE SCHEMA mod_notes"))
        await connection.run_sync(metadata.create_all)
    target = module_target("notes", ".", requires=frozenset(), metadata=metadata)
    assert await drift(empty, target) == []
