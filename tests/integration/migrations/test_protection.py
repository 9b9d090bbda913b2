"""Tenants are kept apart in every table, however it was made."""

import pytest
from revisions import TENANT_TABLE, create_table, tables
from sqlalchemy import text
from tochka_migrations import core_target, upgrade
from tochka_migrations.rls import missing_protection

NOTES = "mod_notes.notes"


def lacks(connection, target):
    return missing_protection(connection, [target])[target.name]


async def test_a_table_of_tenants_is_protected_with_its_creation(empty, module):
    body = f"{TENANT_TABLE}\n{create_table('words', 'mod_notes')}"
    target = module("notes", body)
    await upgrade(empty, [core_target(), target])
    async with empty.connect() as connection:
        assert await connection.run_sync(lacks, target) == []
        flags = await connection.execute(
            text(
                "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
                " WHERE relname IN ('notes', 'words', 'memberships', 'tenant_modules')"
            )
        )
        assert dict(tuple(row) for row in flags) == {
            "notes": True,
            "words": False,
            "memberships": True,
            "tenant_modules": True,
        }
        may_write = "SELECT has_table_privilege('tochka_tenant', 'mod_notes.words', 'INSERT')"
        assert await connection.scalar(text(may_write)) is False


@pytest.mark.parametrize(
    "damage",
    [
        "ALTER TABLE mod_notes.notes DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE mod_notes.notes NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tochka_tenant_rows ON mod_notes.notes",
        "ALTER POLICY tochka_tenant_rows ON mod_notes.notes USING (true)",
        "ALTER POLICY tochka_tenant_rows ON mod_notes.notes WITH CHECK (true)",
        "ALTER POLICY tochka_all_rows ON mod_notes.notes TO PUBLIC",
        "REVOKE SELECT ON mod_notes.notes FROM tochka_platform",
        "REVOKE USAGE ON SCHEMA mod_notes FROM tochka_tenant",
    ],
)
async def test_missing_protection_is_found_and_mended(empty, module, damage):
    targets = [core_target(), module("notes", TENANT_TABLE)]
    await upgrade(empty, targets)
    async with empty.begin() as connection:
        await connection.execute(text(damage))
    async with empty.connect() as connection:
        assert await connection.run_sync(lacks, targets[1])
    await upgrade(empty, targets)
    async with empty.connect() as connection:
        assert await connection.run_sync(lacks, targets[1]) == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("ALTER TABLE mod_notes.notes DROP CONSTRAINT pk_notes", None),
        ("CREATE TABLE mod_notes.t (tenant_id uuid)", "mod_notes.t.tenant_id must be NOT NULL"),
        ("CREATE TABLE mod_notes.t (id int PRIMARY KEY, tenant_id uuid NOT NULL)", "t_pkey"),
        ("CREATE UNIQUE INDEX u ON mod_notes.notes (id)", "unique key u of"),
        (
            "CREATE TABLE mod_notes.t (tenant_id uuid NOT NULL, id int, EXCLUDE (id WITH =))",
            "t_id_excl",
        ),
        (
            f"ALTER TABLE {NOTES} ADD a uuid, ADD b int, ADD FOREIGN KEY (a, b) REFERENCES {NOTES}",
            "foreign key notes_a_b_fkey of mod_notes.notes must contain tenant_id",
        ),
        ("CREATE UNIQUE INDEX u ON mod_notes.notes (id) INCLUDE (tenant_id)", "unique key u of"),
        ("CREATE TABLE mod_notes.t () INHERITS (mod_notes.notes)", "must not inherit from notes"),
        ("CREATE POLICY mine ON mod_notes.notes USING (true)", "policy mine"),
        ("CREATE VIEW mod_notes.v AS SELECT * FROM mod_notes.notes", "security_invoker"),
        (
            "CREATE VIEW mod_notes.v WITH (security_invoker = true) AS SELECT 1",
            None,
        ),
        ("CREATE MATERIALIZED VIEW mod_notes.m AS SELECT 1", "mod_notes.m must be a table"),
        (
            "CREATE FUNCTION mod_notes.f() RETURNS int SECURITY DEFINER LANGUAGE sql RETURN 1",
            "function f() must not be SECURITY DEFINER",
        ),
        (
            "CREATE FUNCTION mod_notes.count_limit() RETURNS int SECURITY DEFINER RETURN 1",
            "function count_limit() must not be SECURITY DEFINER",
        ),
    ],
)
async def test_what_only_a_revision_has_made_must_keep_tenants_apart(
    empty, module, statement, finding
):
    target = module("notes", TENANT_TABLE, f"op.execute({statement!r})")
    result = await upgrade(empty, [core_target(), target])
    if finding is None:
        assert result.failures == {}
    else:
        assert finding in str(result.failures["notes"].error)
        assert "mod_notes.notes" not in await tables(empty)


async def test_an_exclusion_keeps_tenants_apart_only_where_it_asks_for_the_same_tenant(
    empty, module
):
    extension = "op.execute('CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public')"
    table = "CREATE TABLE mod_notes.t (tenant_id uuid NOT NULL, id int, EXCLUDE USING gist ({}))"
    apart = module("apart", extension)
    assert (await upgrade(empty, [core_target(), apart])).failures == {}
    for name, operator in (("good", "="), ("bad", "<>")):
        parts = f"id WITH =, tenant_id WITH {operator}"
        statement = table.format(parts).replace("mod_notes", f"mod_{name}")
        result = await upgrade(empty, [core_target(), module(name, f"op.execute({statement!r})")])
        assert set(result.failures) == ({"bad"} & {name})


async def test_both_roles_may_draw_from_a_sequence(empty, module):
    body = f"{TENANT_TABLE}\nop.execute('ALTER TABLE {NOTES} ADD number bigserial')"
    assert (await upgrade(empty, [core_target(), module("notes", body)])).failures == {}
    async with empty.connect() as connection:
        for role in ("tochka_tenant", "tochka_platform"):
            may = f"SELECT has_sequence_privilege('{role}', 'mod_notes.notes_number_seq', 'USAGE')"
            assert await connection.scalar(text(may))
