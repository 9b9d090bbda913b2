"""A database without tables, the core as it was, and modules made of nothing but revisions."""

import shutil
import textwrap

import pytest
from msgspec.structs import replace
from tochka_core.db.maintenance import maintenance_engine
from tochka_migrations import Target, core_target
from tochka_plugins.schemas import schema_of


@pytest.fixture
async def empty(empty_database_url):
    async with maintenance_engine(empty_database_url) as engine:
        yield engine


@pytest.fixture
def core_before(tmp_path):
    """Make the core's target as it was before the revision with a name."""

    def core_before(name):
        target = core_target()
        folder = tmp_path / "versions"
        folder.mkdir()
        for revision in sorted(target.versions.glob("*.py")):
            if revision.name.endswith(f"_{name}.py"):
                return replace(target, versions=folder)
            shutil.copy(revision, folder)
        raise AssertionError("There is no such revision.")

    return core_before


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
