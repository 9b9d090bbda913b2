"""A revision that meets a lock steps back, comes again, and gives up in the end."""

import asyncio

import pytest
from revisions import catalog_digest, create_table
from sqlalchemy import event, text
from sqlalchemy.util import await_only
from tochka_migrations import Patience, core_target, upgrade

CHANGE = "op.execute('ALTER TABLE mod_notes.notes ADD COLUMN more int')"


@pytest.fixture
async def targets(empty, module):
    """The core and a module with a revision to come; the table that it changes is there."""
    first = module("notes", create_table("notes", "mod_notes"))
    await upgrade(empty, [core_target(), first])
    (first.versions / "2.py").write_text(
        "from alembic import op\n"
        "revision = 'notes2'\ndown_revision = 'notes1'\n"
        f"def upgrade():\n    {CHANGE}\n"
    )
    return [core_target(), first]


@pytest.fixture
async def rival(empty):
    """A session that reads the table and does not end its transaction."""
    async with empty.connect() as connection:
        yield connection


@pytest.mark.parametrize("rehearse", [False, True])
async def test_a_lock_that_is_released_is_waited_for(empty, targets, rival, rehearse):
    await rival.execute(text("TABLE mod_notes.notes"))
    refused = asyncio.Event()
    event.listen(empty.sync_engine, "handle_error", lambda _context: refused.set())
    patience = Patience(lock_timeout_seconds=0.05, pauses_seconds=(0.01,) * 1000)

    async def release():
        await refused.wait()
        await rival.rollback()

    result, _ = await asyncio.gather(
        upgrade(empty, targets, patience=patience, rehearse=rehearse), release()
    )
    assert result.failures == {}
    assert result.outcomes[1].after == "notes2"
    assert sum("ADD COLUMN more" in line for line in result.outcomes[1].statements) == 1


async def test_a_lock_that_stays_fails_the_module_and_names_the_statement(empty, targets, rival):
    before = await catalog_digest(empty)
    await rival.execute(text("TABLE mod_notes.notes"))
    patience = Patience(lock_timeout_seconds=0.05, pauses_seconds=(0.01, 0.01))
    result = await upgrade(empty, targets, patience=patience)
    reason = str(result.failures["notes"].error)
    assert "tried 3 times" in reason
    assert "ALTER TABLE mod_notes.notes ADD COLUMN more int" in reason
    await rival.rollback()
    assert await catalog_digest(empty) == before


async def test_what_another_session_makes_meanwhile_is_not_laid_at_the_revisions_door(
    empty, targets
):
    makings = ["CREATE TABLE public.of_another (id int)"]

    async def make(statement):
        async with empty.begin() as other:
            await other.execute(text(statement))

    def interfere(_connection, _cursor, statement, *_further):
        if "ADD COLUMN more" in statement and makings:
            await_only(make(makings.pop()))

    event.listen(empty.sync_engine, "before_cursor_execute", interfere)
    result = await upgrade(empty, targets)
    assert result.failures == {}
    assert result.outcomes[1].after == "notes2"
    assert makings == []
