"""A module in four versions, a server, and `tochka modules` beside it."""

import os
import subprocess

import pytest
from tochka_plugins.testing import running_platform
from wheels import write_wheel

WORKERS = 2
HOOKS = """
    from pathlib import Path
    from litestar import get
    from litestar.di import NamedDependency
    from sqlalchemy.orm import DeclarativeBase
    from tochka_plugins import ANY_MEMBER, TenantModel, hookimpl, module_registry

    class Base(DeclarativeBase):
        registry = module_registry("shelf")

    class Book(TenantModel, Base):
        __tablename__ = "books"

    @get("/", opt=ANY_MEMBER)
    async def version() -> str:
        return "{version}"

    @hookimpl
    def tochka_routes():
        return [version]

    @hookimpl
    def tochka_models():
        return [Book]

    @hookimpl
    def tochka_migrations():
        return Path(__file__).parent / "migrations"
"""
SLOW_START = """
    import asyncio

    @hookimpl
    async def tochka_startup(platform):
        await asyncio.sleep(5)
"""
REVISION = """
    import sqlalchemy as sa
    from alembic import op
    revision, down_revision = "{revision}", {down_revision}

    def upgrade():
        {body}
"""
CREATE = """op.create_table(
            "books",
            sa.Column("tenant_id", sa.Uuid, primary_key=True),
            sa.Column("id", sa.Uuid, primary_key=True),
            sa.Column("created_at", sa.TIMESTAMP(timezone=True)),
            sa.Column("updated_at", sa.TIMESTAMP(timezone=True)),
            schema="mod_shelf")"""


@pytest.fixture(scope="session")
def shelf(workspace):
    """Wheels of one module: 1.0; 2.0 with a further revision and a slow start; and bad ones."""
    folder = workspace / "shelf"
    folder.mkdir()
    first = {"shelf/migrations/0001.py": _revision("0001", None, CREATE)}
    column = 'op.add_column("books", sa.Column("title", sa.Text), schema="mod_shelf")'
    second = {**first, "shelf/migrations/0002.py": _revision("0002", "0001", column)}
    failing = {**first, "shelf/migrations/0002.py": _revision("0002", "0001", "raise ValueError")}

    def wheel(version, files, *, hooks=HOOKS):
        source = hooks.replace("{version}", version)
        files = {"shelf/__init__.py": "", "shelf/hooks.py": source, **files}
        return write_wheel(folder, "shelf", files, version=version)

    return {
        "1.0": wheel("1.0", first),
        "2.0": wheel("2.0", second, hooks=HOOKS + SLOW_START),
        "3.0": wheel("3.0", second, hooks="raise RuntimeError('no')"),
        "4.0": wheel("4.0", failing),
    }


def _revision(name, down, body):
    return REVISION.format(revision=name, down_revision=repr(down), body=body)


@pytest.fixture
def modules(environment, data_dir):
    """Run `tochka modules` beside the server, and in the end remove what it installed."""

    def modules(*arguments, code=0):
        result = subprocess.run(
            [environment.python, "-m", "tochka_core", "modules", *map(str, arguments)],
            env={**os.environ, "TOCHKA_DATA_DIR": str(data_dir)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout + result.stderr

    yield modules
    environment.pip("uninstall", "--quiet", "--yes", "shelf")


@pytest.fixture
def platform(environment, data_dir):
    with running_platform(
        python=str(environment.python),
        data_dir=data_dir,
        environ={"TOCHKA_WORKERS": str(WORKERS)},
    ) as platform:
        yield platform
