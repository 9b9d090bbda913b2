"""A revision is written whatever the database has seen of those before, and leaves no trace."""

import os

import pytest
from authors import Author, column, tables
from revisions import catalog_digest
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped
from tochka_migrations import Patience, core_target, upgrade
from tochka_migrations.authoring import CannotWriteRevision, write_revision
from tochka_migrations.patience import StillLocked
from tochka_migrations.pending import PendingRevisionFailed, UnknownRevision

WORD = {"__annotations__": {"text": Mapped[str]}}
BEFORE, AFTER = tables("words", words=WORD), tables("words", words={**WORD, "more": column()})


def linked(words):
    """Return the metadata of a module whose table refers to that of *words*."""
    there = words.tables["mod_words.words"]
    key = ForeignKeyConstraint(
        ["tenant_id", "word"], [there.c.tenant_id, there.c.id], ondelete="CASCADE"
    )
    link = {**WORD, "word": column(there.c.id.type), "__table_args__": (key,)}
    return tables("deps", links=link)


def break_revision(path):
    source = path.read_text()
    path.write_text(source.replace("    op.create_table(", "    raise ValueError('no')\n    op.f("))


@pytest.fixture
def words(empty, tmp_path):
    """The author of a module, beside a database without tables."""
    return Author(empty, tmp_path / "words", "words")


@pytest.fixture
async def deps(words, tmp_path):
    """The author of a module that needs *words*; no revision of either was run."""
    await words.write(BEFORE)
    target = words.target(BEFORE)
    return Author(words.engine, tmp_path / "deps", "deps", others=[target])


@pytest.mark.parametrize("has_core", [True, False])
async def test_a_revision_follows_one_that_was_never_run(words, has_core):
    if has_core:
        await upgrade(words.engine, [core_target()])
    before = await catalog_digest(words.engine)
    await words.write(BEFORE)
    source = (await words.write(AFTER)).read_text()
    assert 'down_revision = "0001"' in source
    assert "add_column" in source
    assert "create_table" not in source
    assert await words.write(AFTER) is None
    assert await catalog_digest(words.engine) == before
    result = await words.upgrade(AFTER)
    assert result.failures == {}
    assert result.outcomes[-1].after == "0002"
    assert await words.write(AFTER) is None


async def test_a_revision_follows_one_that_was_run_and_one_that_was_not(words):
    await words.write(BEFORE)
    await words.upgrade(BEFORE)
    before = await catalog_digest(words.engine)
    await words.write(AFTER)
    assert (await words.write(BEFORE)).name == "0003_change.py"
    assert await catalog_digest(words.engine) == before


async def test_what_a_pending_revision_builds_on_is_made_for_it(deps):
    before = await catalog_digest(deps.engine)
    await deps.write(linked(BEFORE))
    source = (await deps.write(tables("deps"))).read_text()
    assert source.index("drop_table") < source.index("create_table")
    assert await catalog_digest(deps.engine) == before


async def test_what_a_dependency_has_not_written_yet_keeps_nobody_waiting(deps, words):
    await deps.write(linked(BEFORE))
    deps.others = [words.target(AFTER)]
    assert (await deps.write(tables("deps"))).name == "0002_change.py"


async def test_a_pending_revision_that_fails_is_told(words):
    break_revision(await words.write(BEFORE))
    before = await catalog_digest(words.engine)
    with pytest.raises(PendingRevisionFailed, match="words cannot be taken") as raised:
        await words.write(AFTER)
    assert str(raised.value.error) == "no"
    assert len([*words.folder.glob("*.py")]) == 1
    assert await catalog_digest(words.engine) == before


async def test_a_dependency_whose_revision_fails_is_told_where_it_is_needed(deps, words):
    await deps.write(linked(BEFORE))
    (first,) = words.folder.glob("*.py")
    break_revision(first)
    before = await catalog_digest(deps.engine)
    with pytest.raises(PendingRevisionFailed, match="words cannot be taken"):
        await deps.write(tables("deps"))
    assert await catalog_digest(deps.engine) == before
    (own,) = deps.folder.glob("*.py")
    own.unlink()
    assert (await deps.write(linked(BEFORE))).name == "0001_change.py"


async def test_a_revision_that_strays_or_commits_is_refused(words):
    written = await words.write(BEFORE)
    source = written.read_text()
    before = await catalog_digest(words.engine)
    for stray in ("'DROP TABLE tochka.tenants CASCADE'", "'COMMIT'"):
        op = f"def upgrade() -> None:\n    op.execute({stray})\n"
        written.write_text(source.replace("def upgrade() -> None:\n", op))
        with pytest.raises(PendingRevisionFailed):
            await words.write(AFTER)
        assert await catalog_digest(words.engine) == before


async def test_a_file_that_cannot_be_read_is_told(words):
    written = await words.write(BEFORE)
    written.write_text("raise ValueError('broken')")
    with pytest.raises(PendingRevisionFailed) as raised:
        await words.write(AFTER)
    assert str(raised.value.error) == "broken"


async def test_a_lock_that_others_keep_is_told(words):
    await words.evolve(BEFORE)
    await words.write(AFTER)
    async with words.engine.begin() as other:
        await other.execute(text("LOCK mod_words.words IN ACCESS SHARE MODE"))
        with pytest.raises(PendingRevisionFailed) as raised:
            await write_revision(
                words.engine,
                words.targets(BEFORE),
                "more",
                patience=Patience(lock_timeout_seconds=0.01, pauses_seconds=()),
            )
    assert isinstance(raised.value.error, StillLocked)


async def test_nothing_stays_where_the_file_cannot_be_written(words, monkeypatch):
    await words.write(BEFORE)
    before = await catalog_digest(words.engine)

    def refuse(*_arguments, **_options):
        raise PermissionError("read-only")

    with monkeypatch.context() as patch:
        patch.setattr(os, "makedirs", refuse)
        patch.setattr("alembic.util.template_to_file", refuse)
        with pytest.raises(CannotWriteRevision, match="cannot be written"):
            await words.write(AFTER)
    assert await catalog_digest(words.engine) == before


async def test_a_schema_that_is_ahead_of_the_files_is_refused(words):
    await words.evolve(BEFORE)
    await words.evolve(AFTER)
    (words.folder / "0002_change.py").unlink()
    with pytest.raises(UnknownRevision, match=r"is at 0002 .* is 0001; put the file of 0002"):
        await words.write(BEFORE)
    (words.folder / "0001_change.py").unlink()
    with pytest.raises(UnknownRevision, match="newest revision is nothing"):
        await words.write(BEFORE)


async def test_what_lets_tenants_meet_is_mended_by_the_next_revision(words):
    shared = {**WORD, "__table_args__": (UniqueConstraint("text"),)}
    await words.write(tables("words", words=shared))
    assert "words" in (await words.upgrade(BEFORE)).failures
    assert "drop_constraint" in (await words.write(BEFORE)).read_text()
    assert (await words.upgrade(BEFORE)).failures == {}
