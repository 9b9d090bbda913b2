"""Modules that pass staging and do not conform: a sound one, each with one thing done badly."""

import sys
from dataclasses import dataclass, field
from functools import reduce

from tochka_core import __version__
from tochka_plugins.host import Candidate, assemble, gate

HOOKS = """
from pathlib import Path
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped
from tochka_plugins import *

DOOR = {}
LAST = {}


class Base(DeclarativeBase):
    registry = module_registry("{name}")


class Thing(TenantModel, Base):
    __tablename__ = "things"
    __table_args__ = (UniqueConstraint("tenant_id", "title"),)

    title: Mapped[str]


class Part(TenantModel, Base):
    __tablename__ = "parts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "thing_id"],
            ["mod_{name}.things.tenant_id", "mod_{name}.things.id"],
            name="fk_parts_thing_id",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            [memberships.c.tenant_id, memberships.c.user_id],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(["made_by"], [users.c.id], ondelete="CASCADE"),
    )

    thing_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    made_by: Mapped[UUID]
    label: Mapped[str]


class ThingIn(Struct, forbid_unknown_fields=True):
    title: str


class ThingOut(Struct):
    id: UUID
    title: str


class PartIn(Struct, forbid_unknown_fields=True):
    thing_id: UUID
    owner_id: UUID
    label: str


class PartOut(Struct):
    id: UUID
    thing_id: UUID
    owner_id: UUID
    label: str


class Things(CrudService[Thing, ThingOut]):
    model_type = Thing
    schema_type = ThingOut
    noun = "thing"
    orderable = ("title",)
    searchable = ("title",)


class Parts(CrudService[Part, PartOut]):
    model_type = Part
    schema_type = PartOut
    noun = "part"


class ThingController(Controller):
    path = "/"
    guards = (requires("{name}:use"),)

    @post("/", summary="Create a thing")
    async def create(self, data: JSONBody[ThingIn], session: Session) -> ThingOut:
        return await Things(session).create(data)

    @get("/", summary="List things")
    async def list_all(self, session: Session, page_query: RequestedPage) -> Page[ThingOut]:
        return await Things(session).list_page(page_query)

    @get("/{thing_id:uuid}", summary="Get a thing")
    async def get_one(self, thing_id: FromPath[UUID], session: Session) -> ThingOut:
        return await Things(session).get(thing_id)

    @delete("/{thing_id:uuid}", summary="Delete a thing")
    async def delete(self, thing_id: FromPath[UUID], session: Session) -> None:
        await Things(session).delete(thing_id)

    @post("/parts", summary="Create a part")
    async def create_part(
        self, data: JSONBody[PartIn], session: Session, person: CurrentPerson
    ) -> PartOut:
        return await Parts(session).create(data, made_by=person.user_id)

    @get("/parts/{part_id:uuid}", summary="Get a part")
    async def get_part(self, part_id: FromPath[UUID], session: Session) -> PartOut:
        return await Parts(session).get(part_id)


@hookimpl
def tochka_routes():
    return [ThingController]


@hookimpl
def tochka_models():
    return [Thing, Part]


@hookimpl
def tochka_migrations():
    return Path(__file__).parent / "migrations"


@hookimpl
def tochka_permissions():
    return [Permission("{name}:use", "Use things", frozenset({"owner", "admin", "member"}))]
"""
FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
TENANT = sa.text("nullif(current_setting('tochka.tenant_id', true), '')::uuid")
MOMENT = sa.TIMESTAMP(timezone=True)


def create(table, *columns):
    op.create_table(
        table,
        sa.Column("tenant_id", sa.Uuid, server_default=TENANT, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        *columns,
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tochka.tenants.id"], name=f"fk_{table}_tenant_id", ondelete="CASCADE"
        ),
        schema="mod_{name}",
    )


def upgrade():
    create(
        "things",
        sa.Column("title", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant_id", "title", name="uq_things_tenant_id_title"),
    )
    create(
        "parts",
        sa.Column("thing_id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "thing_id"],
            ["mod_{name}.things.tenant_id", "mod_{name}.things.id"],
            name="fk_parts_thing_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["tochka.memberships.tenant_id", "tochka.memberships.user_id"],
            name="fk_parts_tenant_id_owner_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["tochka.users.id"], name="fk_parts_made_by", ondelete="CASCADE"
        ),
    )


def downgrade():
    op.drop_table("parts", schema="mod_{name}")
    op.drop_table("things", schema="mod_{name}")
"""
SECOND = """
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    {up}


def downgrade():
    {down}
"""


@dataclass
class Flaw:
    """What is done badly, which check tells of it, and in which words."""

    check: str
    words: str
    more: str = ""
    """What stands at the end of the hooks."""
    changes: dict = field(default_factory=dict)
    """What stands in the place of what, in the hooks or the first revision."""
    up: str | None = None
    """What a second revision does."""
    down: str = "pass"

    def write(self, folder, name):
        """Write the package *name* into *folder*."""
        package = folder / name
        (package / "migrations").mkdir(parents=True)
        files = {"__init__.py": "", "hooks.py": HOOKS + self.more, "migrations/0001.py": FIRST}
        if self.up is not None:
            second = SECOND.replace("{up}", self.up).replace("{down}", self.down)
            files["migrations/0002.py"] = second
        changes = [*self.changes.items(), ("{name}", name)]
        for path, source in files.items():
            changed = reduce(lambda text, change: text.replace(*change), changes, source)
            (package / path).write_text(changed)


FLAWED = {
    "all_in_one_scope": Flaw(
        "leaks",
        "tells another tenant what it does not own",
        more="@hookimpl\ndef tochka_startup(platform): DOOR['platform'] = platform\n",
        changes={
            "        return await Things(session).list_page(page_query)": (
                "        async with DOOR['platform'].platform_scope(reason='more') as wider:\n"
                "            return await Things(wider).list_page(page_query)"
            )
        },
    ),
    "remembers_answers": Flaw(
        "leaks",
        "tells another tenant what it does not own",
        changes={
            "        return await Things(session).list_page(page_query)": (
                "        if 'page' not in LAST:\n"
                "            LAST['page'] = await Things(session).list_page(page_query)\n"
                "        return LAST['page']"
            )
        },
    ),
    "anybody_writes": Flaw(
        "changes",
        "POST /api/v1/anybody_writes lets every member change something",
        changes={
            '    guards = (requires("{name}:use"),)\n': "    opt = ANY_MEMBER\n",
        },
    ),
    "without_summary": Flaw(
        "summaries",
        "GET /api/v1/without_summary has no summary",
        changes={'@get("/", summary="List things")': '@get("/")'},
    ),
    "hidden_route": Flaw(
        "document",
        "GET /api/v1/hidden_route is not in the OpenAPI document",
        changes={'@get("/", summary': '@get("/", include_in_schema=False, summary'},
    ),
    "fails_at_times": Flaw(
        "answers",
        "POST /api/v1/fails_at_times: Server error: KeyError: 'colour' (fails_at_times/hooks.py",
        changes={
            "        return await Things(session).create(data)": (
                "        return {'size': 1}['colour']"
            )
        },
    ),
    "says_too_many": Flaw(
        "answers",
        "POST /api/v1/says_too_many: Undocumented status code",
        changes={
            "        return await Things(session).create(data)": (
                "        raise TooManyRequests('Wait.', retry_after_seconds=5)"
            )
        },
    ),
    "takes_its_time": Flaw(
        "answers",
        "takes longer than",
        more="import asyncio\n",
        changes={
            "        return await Things(session).get(thing_id)": (
                "        await asyncio.sleep(3600)\n        return None"
            )
        },
    ),
    "no_way_back": Flaw(
        "way-back",
        "the table mod_no_way_back.things is still there",
        changes={'    op.drop_table("things", schema="mod_{name}")': "    pass"},
    ),
    "drifted": Flaw(
        "drift",
        "mod_drifted.things.title: nullable is true, the model says false",
        changes={'sa.Column("title", sa.Text, nullable=False)': 'sa.Column("title", sa.Text)'},
    ),
    "unkind": Flaw(
        "sql",
        "0002, adding-required-field: ALTER TABLE mod_unkind.things ADD COLUMN size",
        changes={"    title: Mapped[str]": "    title: Mapped[str]\n    size: Mapped[str]"},
        up="op.execute('ALTER TABLE mod_{name}.things ADD COLUMN size text NOT NULL')",
        down="op.execute('ALTER TABLE mod_{name}.things DROP COLUMN size')",
    ),
    "undeclared": Flaw(
        "protection",
        "mod_undeclared.colours has no tenant_id and is in no PlatformModel",
        up="op.execute('CREATE TABLE mod_{name}.colours (id bigint PRIMARY KEY)')",
        down="op.execute('DROP TABLE mod_{name}.colours')",
    ),
    "idle": Flaw(
        "idle-hooks",
        "tochka_shutdown does nothing",
        more='@hookimpl\ndef tochka_shutdown(platform):\n    """Nothing to do."""\n',
    ),
    "empty_handed": Flaw(
        "idle-hooks",
        "tochka_limits gives nothing",
        more="@hookimpl\ndef tochka_limits(): return []\n",
    ),
    "forgetful": Flaw(
        "switching",
        "rows of mod_forgetful.things are gone",
        more=(
            "from sqlalchemy import delete as remove\n"
            "@hookimpl\nasync def tochka_module_disabled(tenant, session):\n"
            "    await session.execute(remove(Thing))\n"
        ),
    ),
    "clinging": Flaw(
        "switching",
        "409",
        more="@hookimpl\ndef tochka_module_disabled(tenant): raise Conflict('Never.')\n",
    ),
    "does_not_start": Flaw(
        "start",
        "tochka_startup fails: RuntimeError: no (does_not_start/hooks.py",
        more="@hookimpl\ndef tochka_startup(): raise RuntimeError('no')\n",
    ),
    "outlives_tenants": Flaw(
        "purge",
        "cannot be purged",
        up="op.execute('CREATE RULE keep AS ON DELETE TO mod_{name}.things DO INSTEAD NOTHING')",
    ),
}


def stage_flawed(folder, name, flaw):
    """Write, import and stage the module; return it."""
    flaw.write(folder, name)
    sys.path.insert(0, str(folder))
    try:
        candidate = Candidate(
            name=name,
            entry_point=f"{name}.hooks",
            distribution=name,
            version="1.0",
            summary=name,
            requires=(),
            requires_python=None,
        )
        assembly = assemble(gate([candidate], core_version=__version__))
    finally:
        sys.path.remove(str(folder))
    assert assembly.quarantined == ()
    return assembly.modules[0]
