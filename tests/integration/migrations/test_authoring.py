"""A revision that is written from the models needs no hand work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
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
from tochka_migrations.authoring import CannotWriteRevision, write_revision
from tochka_migrations.drift import find_drift
from tochka_migrations.targets import module_target
from tochka_plugins import PlatformModel, TenantModel, module_registry

ROOT = Path(__file__).parents[3]


def tables(module, **declared):
    """Return the metadata of a module with a tenant's table for each of *declared*."""

    class Base(DeclarativeBase):
        registry = module_registry(module)

    for name, attributes in declared.items():
        type(name.title(), (TenantModel, Base), {"__tablename__": name, **attributes})
    return Base.metadata


def column(type_=Text, **options):
    return mapped_column(type_, **options)


def lint(path):
    """See that ruff, as this project has set it, has nothing to say."""
    config = ("--config", ROOT / "pyproject.toml")
    for check in (("format", "--check"), ("check", "--ignore", "INP001,D103,RUF001,RUF002")):
        ruff = [sys.executable, "-m", "ruff", *check, *config, path]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + path.read_text()


class Author:
    """Writes revisions for one module and upgrades to them."""

    def __init__(self, engine, folder, name="notes", *, others=()):
        self.engine, self.folder, self.name, self.others = engine, folder, name, others
        folder.mkdir()

    def target(self, metadata):
        requires = frozenset(other.name for other in self.others)
        return module_target(self.name, self.folder, requires=requires, metadata=metadata)

    async def write(self, metadata, message="change"):
        async with self.engine.connect() as connection:
            return await connection.run_sync(write_revision, self.target(metadata), message)

    async def upgrade(self, metadata):
        return await upgrade(self.engine, [core_target(), *self.others, self.target(metadata)])

    async def evolve(self, metadata, message="change"):
        """Write, upgrade, and see that models and tables are one; return the file's text."""
        path = await self.write(metadata, message)
        assert (await self.upgrade(metadata)).failures == {}
        async with self.engine.connect() as connection:
            assert await connection.run_sync(find_drift, self.target(metadata)) == []
        assert await self.write(metadata) is None
        lint(path)
        return path.read_text()


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
    await author.write(metadata)
    with pytest.raises(CannotWriteRevision, match=r"is at nothing .* is 0001; .* tochka upgrade"):
        await author.write(metadata)

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
