"""Many small installed modules, written rather than built.

Each has one table, one revision and three routes.
"""

from pathlib import Path

METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: 1.0
Requires-Dist: tochka-rosta
"""
HOOKS = """\
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import DeclarativeBase, Mapped
from tochka_plugins import (
    CrudService,
    Page,
    Permission,
    RequestedPage,
    Session,
    TenantModel,
    hookimpl,
    module_registry,
    requires,
)


class Base(DeclarativeBase):
    registry = module_registry("{name}")


class Note(TenantModel, Base):
    __tablename__ = "notes"
    text: Mapped[str]


class NoteIn(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=200)]


class NoteOut(msgspec.Struct):
    id: UUID
    text: str
    created_at: datetime


class NoteService(CrudService[Note, NoteOut]):
    model_type = Note
    schema_type = NoteOut
    noun = "note"


class NoteController(Controller):
    path = "/"
    guards = (requires("{name}:use"),)

    @get("/", summary="List notes")
    async def list_all(self, session: Session, page_query: RequestedPage) -> Page[NoteOut]:
        return await NoteService(session).list_page(page_query)

    @get("/{{note_id:uuid}}", summary="Get a note")
    async def get_one(self, note_id: FromPath[UUID], session: Session) -> NoteOut:
        return await NoteService(session).get(note_id)

    @post("/", summary="Create a note")
    async def create(self, data: JSONBody[NoteIn], session: Session) -> NoteOut:
        return await NoteService(session).create(data)


@hookimpl
def tochka_permissions():
    return [Permission("{name}:use", "Use notes")]


@hookimpl
def tochka_routes():
    return [NoteController]


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
