"""A module's source tree, as `pip install -e` makes it known."""

import textwrap

HOOKS = """
from pathlib import Path

from sqlalchemy.orm import DeclarativeBase, Mapped
from tochka_plugins import TenantModel, hookimpl, module_registry


class Base(DeclarativeBase):
    registry = module_registry("{name}")


class Word(TenantModel, Base):
    __tablename__ = "words"
    text: Mapped[str]
    {columns}


@hookimpl
def tochka_models():
    return [Word]


@hookimpl
def tochka_migrations():
    return Path(__file__).parent / "migrations"
"""


def write_source(folder, name, *, columns=""):
    """Write the module *name* into *folder*, for `PYTHONPATH`; again to change its models."""
    (folder / name / "migrations").mkdir(parents=True, exist_ok=True)
    (folder / name / "__init__.py").touch()
    source = textwrap.dedent(HOOKS).format(name=name, columns=columns)
    (folder / name / "hooks.py").write_text(source)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[tochka.modules]\n{name} = {name}.hooks\n")
