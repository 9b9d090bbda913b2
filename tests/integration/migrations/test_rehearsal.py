"""A rehearsal tells what an upgrade would come to, and leaves no trace."""

import pytest
from revisions import TENANT_TABLE, catalog_digest, create_table
from sqlalchemy import text
from tochka_migrations import core_target, upgrade


@pytest.fixture
def targets(module):
    """The core, a module that depends on another, one that fails and one that waits for it."""
    needing = (
        "op.execute('CREATE TABLE mod_needing.t (word int REFERENCES mod_words.words)')\n"
        "op.execute('INSERT INTO mod_needing.t VALUES (1)')"
    )
    words = "op.execute('CREATE TABLE mod_words.words (id int PRIMARY KEY)')"
    return [
        core_target(),
        module("words", words, "op.execute('INSERT INTO mod_words.words VALUES (1)')"),
        module("needing", needing, requires=["words"]),
        module("bad", f"{create_table('t', 'mod_bad')}\nop.execute('SELECT nonsense')"),
        module("waiting", "raise AssertionError", requires=["bad"]),
    ]


async def test_a_rehearsal_comes_to_what_the_upgrade_does(empty, targets):
    rehearsed = await upgrade(empty, targets, rehearse=True)
    done = await upgrade(empty, targets)
    for one, other in zip(rehearsed.outcomes, done.outcomes, strict=True):
        assert (one.target, one.before, one.after) == (other.target, other.before, other.after)
        assert type(one.error) is type(other.error)
        assert one.blocked_by == other.blocked_by
        assert one.statements == other.statements


@pytest.mark.parametrize("is_empty", [True, False])
async def test_a_rehearsal_leaves_the_database_as_it_was(empty, targets, is_empty):
    if not is_empty:
        await upgrade(empty, targets[:2])
    before = await catalog_digest(empty)
    result = await upgrade(empty, targets, rehearse=True)
    assert result.outcomes[2].after == "needing1"
    assert await catalog_digest(empty) == before


async def test_each_outcome_tells_the_statements_that_change_something(empty, module):
    targets = [core_target(), module("notes", TENANT_TABLE)]
    result = await upgrade(empty, targets, rehearse=True)
    statements = result.outcomes[1].statements
    assert statements[0] == 'CREATE SCHEMA "mod_notes"'
    assert any(line.startswith("CREATE TABLE mod_notes.notes") for line in statements)
    assert any(line.startswith("CREATE POLICY tochka_tenant_rows") for line in statements)
    assert not any(line.startswith(("SELECT", "SAVEPOINT", "SET")) for line in statements)


async def test_nothing_to_do_takes_no_statement(empty, targets):
    await upgrade(empty, targets[:3])
    result = await upgrade(empty, targets[:3], rehearse=True)
    assert [item.statements for item in result.outcomes] == [(), (), ()]


async def test_a_row_by_row_change_is_told_once(empty, module):
    row = "op.get_bind().execute(sa.text('INSERT INTO mod_notes.t VALUES (:n)'), {'n': n})"
    loop = f"for n in range(9):\n    {row}"
    target = module("notes", create_table("t", "mod_notes"), loop)
    result = await upgrade(empty, [core_target(), target], rehearse=True)
    inserts = [line for line in result.outcomes[1].statements if "mod_notes.t VALUES" in line]
    assert len(inserts) == 1


async def test_what_only_the_commit_would_find_is_found(empty, module):
    deferred = (
        "op.execute('CREATE TABLE mod_bad.t (id int PRIMARY KEY, other int"
        " REFERENCES mod_bad.t DEFERRABLE INITIALLY DEFERRED)')\n"
        "op.execute('INSERT INTO mod_bad.t VALUES (1, 2)')"
    )
    targets = [
        core_target(),
        module("bad", deferred),
        module("good", create_table("t", "mod_good")),
    ]
    for rehearse in (True, False):
        result = await upgrade(empty, targets, rehearse=rehearse)
        assert set(result.failures) == {"bad"}


@pytest.mark.parametrize("method", ["commit", "rollback", "close"])
@pytest.mark.parametrize("rehearse", [True, False])
async def test_a_revision_cannot_end_the_transaction_by_its_connection(
    empty, module, method, rehearse
):
    body = f"{create_table('t', 'mod_bad')}\nop.get_bind().{method}()"
    before = await catalog_digest(empty)
    good = module("good", create_table("t", "mod_good"))
    targets = [core_target(), module("bad", body), good]
    result = await upgrade(empty, targets, rehearse=rehearse)
    assert set(result.failures) == {"bad"}
    assert result.outcomes[2].after == "good1"
    if rehearse:
        assert await catalog_digest(empty) == before
    else:
        async with empty.connect() as connection:
            assert await connection.scalar(text("SELECT to_regclass('mod_bad.t')")) is None


async def test_a_rehearsal_cannot_be_committed(empty, module):
    body = f"{create_table('t', 'mod_bad')}\nop.get_bind().get_transaction().commit()"
    before = await catalog_digest(empty)
    result = await upgrade(empty, [core_target(), module("bad", body)], rehearse=True)
    assert set(result.failures) == {"bad"}
    assert await catalog_digest(empty) == before
