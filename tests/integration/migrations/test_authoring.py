"""A revision that is written from the models needs no hand work."""

import os
from pathlib import Path

import pytest
from authors import Author, column, tables
from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tochka_migrations import core_target, upgrade
from tochka_migrations.authoring import CannotWriteRevision
from tochka_plugins import PlatformModel, module_registry


@pytest.fixture
async def author(empty, tmp_path):
    await upgrade(empty, [core_target()])
    return Author(empty, tmp_path / "notes")


NOTE = {"__annotations__": {"text": Mapped[str]}}


async def test_a_table_of_a_tenant_is_written_whole(author):
    source = await author.evolve(tables("notes", notes=NOTE), "notes of a tenant")
    assert source.startswith('"""Notes of a tenant."""\n')
    assert [path.name for path in author.folder.glob("*.py")] == ["0001_notes_of_a_tenant.py"]
    for part in (
        "current_setting('tochka.tenant_id', true)",
        'sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_notes")',
        'name="fk_notes_tenant_id"',
        'ondelete="CASCADE"',
        "schema=SCHEMA",
    ):
        assert part in source
    assert "ROW LEVEL SECURITY" not in source


@pytest.mark.parametrize(
    "change",
    [
        {"more": column()},
        {"more": column(nullable=True)},
        {"more": column(server_default='it\'s "so"'), "__doc__": ""},
        {"more": column(ARRAY(Text), server_default="{}"), "other": column(JSONB, nullable=True)},
        {"more": column(String(9), index=True)},
        {"__table_args__": (Index(None, "tenant_id", "text"),)},
        {"__table_args__": (UniqueConstraint("tenant_id", "text"),)},
        {"text": column(String(99), nullable=True)},
        {"text": column(server_default="none")},
    ],
    ids="-".join,
)
async def test_a_change_and_its_opposite_are_written(author, change):
    await author.evolve(tables("notes", notes=NOTE), "first")
    await author.evolve(tables("notes", notes={**NOTE, **change}), "there")
    await author.evolve(tables("notes", notes=NOTE), "and back")
    names = sorted(path.name for path in author.folder.glob("*.py"))
    assert names == ["0001_first.py", "0002_there.py", "0003_and_back.py"]


async def test_tables_come_and_go(author):
    await author.evolve(tables("notes", notes=NOTE))
    with_check = {"__table_args__": (CheckConstraint("text <> ''", name="text"),), **NOTE}
    await author.evolve(tables("notes", notes=NOTE, words=with_check))
    async with author.engine.connect() as connection:
        named = text("SELECT count(*) FROM pg_constraint WHERE conname = 'ck_words_text'")
        assert await connection.scalar(named) == 1
    await author.evolve(tables("notes", words=with_check))


async def test_what_excludes_each_other_is_written_with_its_table(author):
    apart = ExcludeConstraint(
        ("tenant_id", "="),
        ("text", "="),
        (literal_column("tstzrange(created_at, updated_at)"), "&&"),
        name="ex_notes_text",
    )
    source = await author.evolve(tables("notes", notes={"__table_args__": (apart,), **NOTE}))
    assert "ex_notes_text" in source
    async with author.engine.connect() as connection:
        named = text("SELECT contype FROM pg_constraint WHERE conname = 'ex_notes_text'")
        assert await connection.scalar(named) == b"x"


async def test_a_platform_table_is_written(author):
    class Base(DeclarativeBase):
        registry = module_registry("notes")

    class Colour(PlatformModel, Base):
        __tablename__ = "colours"
        name: Mapped[str] = mapped_column(unique=True)

    assert "tenant_id" not in await author.evolve(Base.metadata)


async def test_a_foreign_key_into_a_dependency_is_written(author, tmp_path):
    words = tables("words", words=NOTE)
    first = Author(author.engine, tmp_path / "words", "words")
    await first.evolve(words)
    dependent = Author(author.engine, tmp_path / "deps", "deps", others=[first.target(words)])
    there = words.tables["mod_words.words"]
    key = ForeignKeyConstraint(
        ["tenant_id", "word"], [there.c.tenant_id, there.c.id], ondelete="CASCADE"
    )
    linked = {"word": mapped_column(there.c.id.type), "__table_args__": (key,)}
    await dependent.evolve(tables("deps", links=NOTE))
    source = await dependent.evolve(tables("deps", links={**NOTE, **linked}))
    assert 'referent_schema="mod_words"' in source


async def test_the_downgrade_that_is_written_is_the_way_back(author):
    source = await author.evolve(tables("notes", notes=NOTE))
    assert 'op.drop_table("notes", schema=SCHEMA)' in source


@pytest.mark.parametrize("message", ['say "hello"', "back\\slash", "по-русски", "two\nlines"])
async def test_a_message_may_say_anything(author, message):
    await author.evolve(tables("notes", notes=NOTE), message)


async def test_it_is_refused_where_it_cannot_be_right(author, tmp_path):
    metadata = tables("notes", notes=NOTE)
    with pytest.raises(CannotWriteRevision, match="message"):
        await author.write(metadata, "!")
    with pytest.raises(CannotWriteRevision, match="no models"):
        await author.write(None)
    (tmp_path / "site-packages").mkdir()
    installed = Author(author.engine, tmp_path / "site-packages" / "notes")
    with pytest.raises(CannotWriteRevision, match="pip install -e"):
        await installed.write(metadata)
    assert list(installed.folder.iterdir()) == []


async def test_a_folder_that_cannot_be_written_is_told(author, monkeypatch):
    def refuse(*_arguments, **_options):
        raise PermissionError("read-only")

    monkeypatch.setattr(os, "makedirs", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(CannotWriteRevision, match="cannot be written"):
        await author.write(tables("notes", notes=NOTE))
