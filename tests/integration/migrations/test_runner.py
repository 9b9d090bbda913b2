"""Every schema for itself: what runs, what fails, and what two processes do to each other."""

import asyncio

import msgspec
import pytest
from notes_module.models import Note
from revisions import create_table, tables
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.tenants.models import Tenant
from tochka_migrations import core_target, upgrade
from tochka_migrations.revisions import head_of
from tochka_migrations.transactions import ForbiddenStatement
from tochka_plugins import module_registry


async def test_each_module_has_a_schema_and_a_version_table_of_its_own(empty, module):
    target = module("notes", create_table("notes", "mod_notes"))
    result = await upgrade(empty, [core_target(), target])
    assert result.failures == {}
    assert [(item.target, item.before, item.after) for item in result.outcomes] == [
        ("core", None, head_of(core_target())),
        ("notes", None, "notes1"),
    ]
    assert {"tochka.users", "tochka.alembic_version"} <= await tables(empty)
    assert {"mod_notes.notes", "mod_notes.alembic_version"} <= await tables(empty)


async def test_nothing_to_do_changes_nothing(empty, module):
    targets = [core_target(), module("notes", create_table("notes", "mod_notes"))]
    await upgrade(empty, targets)
    again = await upgrade(empty, targets)
    assert not any(item.has_changed for item in again.outcomes)


async def test_what_is_done_already_costs_no_statement_of_its_own(empty, module):
    names = ("one", "two", "three")
    targets = [core_target(), *(module(n, create_table("t", f"mod_{n}")) for n in names)]
    await upgrade(empty, targets)
    counts = []
    event.listen(empty.sync_engine, "before_cursor_execute", lambda *_: counts.append(1))
    await upgrade(empty, targets[:2])
    of_two = len(counts)
    await upgrade(empty, targets)
    assert len(counts) == 2 * of_two


async def test_a_version_table_that_cannot_be_read_harms_its_module_only(empty, module):
    closed = module("closed", create_table("t", "mod_closed"))
    other = module("other", create_table("t", "mod_other"))
    targets = [core_target(), closed, other]
    await upgrade(empty, targets)
    async with empty.begin() as connection:
        for statement in (
            "CREATE ROLE stranger LOGIN PASSWORD 'stranger'",
            "GRANT tochka_tenant, tochka_platform TO stranger",
            "GRANT SELECT ON tochka.alembic_version, mod_other.alembic_version TO stranger",
            "GRANT USAGE ON SCHEMA tochka, mod_other TO stranger",
        ):
            await connection.execute(text(statement))
    url = empty.url.set(username="stranger", password="stranger")
    async with maintenance_engine(url) as engine:
        result = await upgrade(engine, targets)
    assert set(result.failures) == {"closed"}


async def test_a_revision_that_fails_leaves_its_schema_as_it_was(empty, module):
    good = create_table("first", "mod_bad")
    first = module("bad", good)
    await upgrade(empty, [core_target(), first])
    before = await tables(empty)

    (first.versions / "2.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        "revision = 'bad2'\ndown_revision = 'bad1'\n"
        "def upgrade():\n"
        f"    {create_table('second', 'mod_bad')}\n"
        "    raise ValueError('half-way')\n"
    )
    needs_it = module("dependent", create_table("t", "mod_dependent"), requires=["bad"])
    other = module("other", create_table("t", "mod_other"))
    result = await upgrade(empty, [core_target(), first, needs_it, other])

    assert set(result.failures) == {"bad", "dependent"}
    assert "half-way" in str(result.failures["bad"].error)
    assert result.failures["bad"].after == "bad1"
    assert result.failures["dependent"].blocked_by == "bad"
    assert await tables(empty) == before | {"mod_other.t", "mod_other.alembic_version"}


async def test_two_heads_fail_only_their_module(empty, module):
    target = module("twins", create_table("a", "mod_twins"))
    (target.versions / "2.py").write_text("revision = 'other'\ndown_revision = None\n")
    other = module("other", create_table("t", "mod_other"))
    result = await upgrade(empty, [core_target(), target, other])
    assert set(result.failures) == {"twins"}


async def test_a_revision_that_forgets_the_schema_stays_in_its_own(empty, module):
    target = module("notes", "op.create_table('notes', sa.Column('id', sa.Integer))")
    await upgrade(empty, [core_target(), target])
    assert "mod_notes.notes" in await tables(empty)
    assert "public.notes" not in await tables(empty)


async def test_processes_that_start_at_once_take_turns(empty_database_url, module):
    targets = [core_target(), module("notes", create_table("notes", "mod_notes"))]
    engines = [create_async_engine(empty_database_url, poolclass=NullPool) for _ in range(4)]
    results = await asyncio.gather(*(upgrade(engine, targets) for engine in engines))
    assert all(result.failures == {} for result in results)
    assert sum(result.outcomes[1].has_changed for result in results) == 1
    for engine in engines:
        await engine.dispose()


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("CREATE TABLE public.stray (id int)", "public.stray"),
        ("ALTER TABLE tochka.memberships DISABLE ROW LEVEL SECURITY", "tochka.memberships"),
        ("ALTER TABLE tochka.users ADD COLUMN mine text", "tochka.users"),
        ("GRANT SELECT ON tochka.users TO tochka_tenant", "tochka.users"),
        ("DROP TABLE tochka.tenant_modules", "tochka.tenant_modules"),
        ("CREATE POLICY mine ON tochka.memberships USING (true)", "tochka.memberships"),
        ("CREATE UNIQUE INDEX u ON tochka.users (role)", "tochka.users"),
        ("CREATE RULE r AS ON INSERT TO tochka.users DO NOTHING", "tochka.users"),
        ("REVOKE USAGE ON SCHEMA tochka FROM tochka_platform", "the schema tochka"),
        ("CREATE SCHEMA strange", "the schema strange"),
        (
            "CREATE FUNCTION public.f() RETURNS int SECURITY DEFINER RETURN 1",
            "the function public.f",
        ),
        ("GRANT tochka_platform TO tochka_tenant", "the role tochka_tenant"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "default privileges"),
    ],
)
async def test_a_revision_changes_its_own_schema_only(empty, module, statement, changed):
    await upgrade(empty, [core_target()])
    before = await tables(empty)
    result = await upgrade(empty, [core_target(), module("notes", f"op.execute({statement!r})")])
    assert str(result.failures["notes"].error).endswith(f"this one changed {changed}")
    assert await tables(empty) == before


async def test_a_foreign_key_into_the_core_is_no_change_of_the_core(empty, module):
    statement = "CREATE TABLE mod_notes.t (id uuid REFERENCES tochka.tenants (id))"
    result = await upgrade(empty, [core_target(), module("notes", f"op.execute({statement!r})")])
    assert result.failures == {}


async def test_a_revision_may_make_a_trusted_extension(empty, module):
    extension = "op.execute('CREATE EXTENSION citext SCHEMA public')"
    excluding = (
        "op.execute('CREATE TABLE mod_notes.t (tenant_id uuid NOT NULL,"
        " EXCLUDE USING gist (tenant_id WITH =))')"
    )
    result = await upgrade(empty, [core_target(), module("notes", f"{extension}\n{excluding}")])
    assert result.failures == {}


@pytest.mark.parametrize("statement", ["COMMIT", "-- then\nrollback", "END; "])
async def test_a_revision_cannot_end_its_transaction(empty, module, statement):
    body = f"{create_table('first', 'mod_bad')}\nop.execute({statement!r})\nraise ValueError"
    result = await upgrade(empty, [core_target(), module("bad", body)])
    assert isinstance(result.failures["bad"].error, ForbiddenStatement)
    assert "mod_bad.first" not in await tables(empty)


async def test_a_revision_moves_the_rows_of_all_tenants(database, engine, module):
    for number in range(2):
        async with database.platform_scope(reason="test") as session:
            tenant = Tenant(name=f"tenant{number}", title="")
            session.add(tenant)
            await session.flush()
        async with database.tenant_scope(tenant.id) as session:
            session.add(Note(text="old"))
    target = module("notes", "op.execute(\"UPDATE mod_notes.notes SET text = 'new'\")")
    # The revisions that built the schema are another folder's; start anew from its tables.
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE mod_notes.alembic_version"))
    assert (await upgrade(engine, [core_target(), target])).failures == {}
    async with database.platform_scope(reason="test") as session:
        assert list(await session.scalars(select(Note.text))) == ["new", "new"]


async def test_constraints_are_named_as_the_revision_says_or_as_models_do(empty, module):
    body = (
        "op.create_table('notes', sa.Column('id', sa.Integer, primary_key=True),"
        " sa.Column('word', sa.Text), sa.UniqueConstraint('word'),"
        " sa.CheckConstraint('id > 0', name='ck_notes_id'), schema='mod_notes')"
    )
    target = module("notes", body)
    target = msgspec.structs.replace(target, metadata=module_registry("notes").metadata)
    await upgrade(empty, [core_target(), target])
    names = text("SELECT conname FROM pg_constraint WHERE conrelid = 'mod_notes.notes'::regclass")
    async with empty.connect() as connection:
        found = set(await connection.scalars(names))
    assert {"pk_notes", "uq_notes_word", "ck_notes_id"} <= found
