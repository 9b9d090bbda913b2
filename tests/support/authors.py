"""An author of a module, who changes models and writes revisions for them."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from tochka_migrations import core_target, upgrade
from tochka_migrations.authoring import write_revision
from tochka_migrations.drift import find_drift
from tochka_migrations.targets import module_target
from tochka_plugins import TenantModel, module_registry

ROOT = Path(__file__).parents[2]


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
        return await write_revision(self.engine, self.targets(metadata), message)

    async def upgrade(self, metadata):
        return await upgrade(self.engine, self.targets(metadata))

    def targets(self, metadata):
        return [core_target(), *self.others, self.target(metadata)]

    async def evolve(self, metadata, message="change"):
        """Write, upgrade, and see that models and tables are one; return the file's text."""
        path = await self.write(metadata, message)
        assert (await self.upgrade(metadata)).failures == {}
        async with self.engine.connect() as connection:
            assert await connection.run_sync(find_drift, self.target(metadata)) == []
        assert await self.write(metadata) is None
        lint(path)
        return path.read_text()
