"""A database without tables, and modules made of nothing but revisions."""

import textwrap

import pytest
from tochka_core.db.maintenance import maintenance_engine
from tochka_migrations import Target
from tochka_plugins.schemas import schema_of


@pytest.fixture
async def empty(empty_database_url):
    async with maintenance_engine(empty_database_url) as engine:
        yield engine


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
