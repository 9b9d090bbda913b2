"""Many small installed modules, written rather than built: one table and one revision each."""

from pathlib import Path

METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: 1.0
Requires-Dist: tochka-rosta
"""
HOOKS = """\
from pathlib import Path

from sqlalchemy.orm import DeclarativeBase, Mapped
from tochka_plugins import TenantModel, hookimpl, module_registry


class Base(DeclarativeBase):
    registry = module_registry("{name}")


class Note(TenantModel, Base):
    __tablename__ = "notes"
    text: Mapped[str]


@hookimpl
def tochka_models():
    return [Note]


@hookimpl
def tochka_migrations():
    return Path(__file__).parent / "migrations"
"""
REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "notes",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tochka.tenants.id"], ondelete="CASCADE"),
        schema="mod_{name}",
    )
"""


def write_modules(folder: Path, count: int) -> None:
    """Write *count* modules into *folder*, which becomes a place of installed packages."""
    for number in range(count):
        name = f"small{number:03}"
        revisions = folder / name / "migrations"
        revisions.mkdir(parents=True)
        (folder / name / "__init__.py").touch()
        (folder / name / "hooks.py").write_text(HOOKS.format(name=name))
        (revisions / "0001_notes.py").write_text(REVISION.format(name=name))
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name=name))
        (info / "entry_points.txt").write_text(f"[tochka.modules]\n{name} = {name}.hooks\n")
