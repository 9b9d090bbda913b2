"""Every schema for itself: what runs, what fails, and what two processes do to each other."""

import asyncio
import textwrap

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tochka_core.registry.models import Module
from tochka_core.tenants.models import Tenant
from tochka_core.users.models import User
from tochka_migrations import Target, core_target, upgrade
from tochka_migrations.rls import missing_protection
from tochka_plugins.models import schema_of


@pytest.fixture
async def empty(empty_database_url):
    engine = create_async_engine(empty_database_url, poolclass=NullPool)
    yield engine
    await engine.dispose()


@pytest.fixture
def module(tmp_path):
    """Make a module's target from the bodies of its revisions' `upgrade`."""

    def module(name, *revisions, requires=()):
        folder = tmp_path / name
        folder.mkdir()
        for number, body in enumerate(revisions, 1):
            down = f"{name}{number - 1}" if number > 1 else None
            source = (
                "from alembic import op\nimport sqlalchemy as sa\n"
                f"revision = {name + str(number)!r}\ndown_revision = {down!r}\n"
                f"def upgrade():\n{textwrap.indent(body, '    ')}\n"
            )
            (folder / f"{number}.py").write_text(source)
        return Target(name, schema_of(name), folder, requires=frozenset(requires))

    return module


def table(name, schema):
    return f"op.create_table({name!r}, sa.Column('id', sa.Integer), schema={schema!r})"


async def tables(engine):
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT schemaname || '.' || tablename FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            )
        )
        return {row[0] for row in rows}


async def test_each_module_has_a_schema_and_a_version_table_of_its_own(empty, module):
    target = module("notes", table("notes", "mod_notes"))
    result = await upgrade(empty, [core_target(), target])
    assert result.failures == {}
    assert [(item.target, item.before, item.after) for item in result.outcomes] == [
        ("core", None, "0001"),
        ("notes", None, "notes1"),
    ]
    assert {"tochka.users", "tochka.alembic_version"} <= await tables(empty)
    assert {"mod_notes.notes", "mod_notes.alembic_version"} <= await tables(empty)


async def test_nothing_to_do_changes_nothing(empty, module):
    targets = [core_target(), module("notes", table("notes", "mod_notes"))]
    await upgrade(empty, targets)
    again = await upgrade(empty, targets)
    assert not any(item.has_changed for item in again.outcomes)


async def test_a_revision_that_fails_leaves_its_schema_as_it_was(empty, module):
    good = table("first", "mod_bad")
    first = module("bad", good)
    await upgrade(empty, [core_target(), first])
    before = await tables(empty)

    (first.versions / "2.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        "revision = 'bad2'\ndown_revision = 'bad1'\n"
        "def upgrade():\n"
        f"    {table('second', 'mod_bad')}\n"
        "    raise ValueError('half-way')\n"
    )
    needs_it = module("dependent", table("t", "mod_dependent"), requires=["bad"])
    other = module("other", table("t", "mod_other"))
    result = await upgrade(empty, [core_target(), first, needs_it, other])

    assert set(result.failures) == {"bad", "dependent"}
    assert "half-way" in str(result.failures["bad"].error)
    assert result.failures["bad"].after == "bad1"
    assert result.failures["dependent"].blocked_by == "bad"
    assert await tables(empty) == before | {"mod_other.t", "mod_other.alembic_version"}


async def test_two_heads_fail_only_their_module(empty, module):
    target = module("twins", table("a", "mod_twins"))
    (target.versions / "2.py").write_text("revision = 'other'\ndown_revision = None\n")
    other = module("other", table("t", "mod_other"))
    result = await upgrade(empty, [core_target(), target, other])
    assert set(result.failures) == {"twins"}


async def test_a_revision_that_forgets_the_schema_stays_in_its_own(empty, module):
    target = module("notes", "op.create_table('notes', sa.Column('id', sa.Integer))")
    await upgrade(empty, [core_target(), target])
    assert "mod_notes.notes" in await tables(empty)
    assert "public.notes" not in await tables(empty)


async def test_processes_that_start_at_once_take_turns(empty_database_url, module):
    targets = [core_target(), module("notes", table("notes", "mod_notes"))]
    engines = [create_async_engine(empty_database_url, poolclass=NullPool) for _ in range(4)]
    results = await asyncio.gather(*(upgrade(engine, targets) for engine in engines))
    assert all(result.failures == {} for result in results)
    assert sum(result.outcomes[1].has_changed for result in results) == 1
    for engine in engines:
        await engine.dispose()


async def test_a_table_of_tenants_is_protected_with_its_creation(empty, module):
    body = (
        "op.create_table('notes', sa.Column('tenant_id', sa.Uuid), schema='mod_notes')\n"
        "op.create_table('words', sa.Column('id', sa.Integer), schema='mod_notes')"
    )
    target = module("notes", body)
    await upgrade(empty, [core_target(), target])
    async with empty.connect() as connection:
        assert await connection.run_sync(missing_protection, target) == []
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
        "REVOKE SELECT ON mod_notes.notes FROM tochka_platform",
        "REVOKE USAGE ON SCHEMA mod_notes FROM tochka_tenant",
    ],
)
async def test_missing_protection_is_found_and_mended(empty, module, damage):
    body = "op.create_table('notes', sa.Column('tenant_id', sa.Uuid), schema='mod_notes')"
    targets = [core_target(), module("notes", body)]
    await upgrade(empty, targets)
    async with empty.begin() as connection:
        await connection.execute(text(damage))
    async with empty.connect() as connection:
        assert await connection.run_sync(missing_protection, targets[1])
    await upgrade(empty, targets)
    async with empty.connect() as connection:
        assert await connection.run_sync(missing_protection, targets[1]) == []


async def test_the_cores_models_equal_its_schema(database_url):
    assert {Module.metadata, Tenant.metadata, User.metadata} == {User.metadata}
    # The login role is called as the core's schema, which "$user" would make the default one.
    settings = {"server_settings": {"search_path": "public"}}
    engine = create_async_engine(database_url, poolclass=NullPool, connect_args=settings)

    def differences(connection):
        options = {
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == "tochka",
            "version_table_schema": "tochka",
        }
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, User.metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
