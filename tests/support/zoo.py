"""Modules that break a rule each, with the phase and the words that tell so."""

import textwrap
from dataclasses import dataclass, field

IMPORTS = "from tochka_plugins import *\nfrom litestar import get, post\nfrom pathlib import Path\n"
MODELS = """
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    registry = module_registry("{name}")
"""
MIGRATIONS = """
@hookimpl
def tochka_migrations():
    return Path(__file__).parent / "migrations"
"""
REVISION = """
import sqlalchemy as sa
from alembic import op
revision = "{revision}"
down_revision = {down!r}

def upgrade():
    op.create_table("{table}", sa.Column("id", sa.Integer), schema="mod_{name}")
    {then}
"""


@dataclass
class Animal:
    """A module that is wrong in one way."""

    phase: str
    words: str
    hooks: str = ""
    revisions: list = field(default_factory=list)
    requires: tuple = ("tochka-rosta",)
    entry_points: dict | None = None
    blocked_by: str | None = None

    def files(self, name):
        """Return the sources of the distribution."""
        body = IMPORTS + textwrap.dedent(self.hooks).replace("{name}", name)
        files = {f"{name}/__init__.py": "", f"{name}/hooks.py": body}
        for number, revision in enumerate(self.revisions):
            files[f"{name}/migrations/{number}.py"] = textwrap.dedent(revision)
        return files


def route(*handlers):
    return "\n".join(handlers) + "\n@hookimpl\ndef tochka_routes():\n    return [a, b]\n"


def revision(name, number, *, down=None, then="pass", table=None):
    return REVISION.format(
        name=name, revision=f"{name}{number}", down=down, then=then, table=table or f"t{number}"
    )


def declares(hook, value, words):
    """Return a module whose *hook* returns *value*, an expression."""
    source = f"import click, msgspec\n@hookimpl\ndef {hook}(): return {value}\n"
    return Animal("stage", words, source)


HANDLER_A = "@get('/x', opt=ANY_MEMBER)\nasync def a() -> None: ...\n"
HANDLER_B = "@get('/y', opt=ANY_MEMBER)\nasync def b() -> None: ...\n"

ZOO = {
    "import_error": Animal(
        "load", "No module named 'nothing_of_this_name'", "import nothing_of_this_name"
    ),
    "exits": Animal("load", "SystemExit: 3", "import sys; sys.exit(3)"),
    "ends_process": Animal("load", "exit code 7", "import os; os._exit(7)"),
    "hangs": Animal("load", "takes longer than", "import time; time.sleep(600)"),
    "closes_output": Animal(
        "load", "sys.stdout.close() harms all other modules", "import sys; sys.stdout.close()"
    ),
    "goes_away": Animal(
        "load", "os.chdir('/') harms all other modules", "import os; os.chdir('/')"
    ),
    "ends_at_start": Animal(
        "start",
        "exit code 8",
        "import os\n@hookimpl\ndef tochka_startup(platform):\n    os._exit(8)",
    ),
    "blocks_at_start": Animal(
        "start",
        "takes longer than",
        "import time\n@hookimpl\nasync def tochka_startup(platform):\n    time.sleep(600)",
    ),
    "ends_at_stop": Animal(
        "start",
        "exit code 6",
        "import os\n@hookimpl\ndef tochka_shutdown(platform):\n    os._exit(6)",
    ),
    "hangs_in_hook": Animal(
        "stage", "takes longer than", "@hookimpl\ndef tochka_routes():\n    while True: pass\n"
    ),
    "misspelled": Animal(
        "load", "did you mean 'tochka_routes'?", "@hookimpl\ndef tochka_rotues(): return []"
    ),
    "raises": Animal(
        "stage",
        "ValueError: not today (raises/hooks.py",
        "@hookimpl\ndef tochka_routes(): raise ValueError('not today')",
    ),
    "signature": Animal("load", "plattform", "@hookimpl\ndef tochka_startup(plattform): ..."),
    "async_hook": Animal(
        "stage", "not a coroutine function", "@hookimpl\nasync def tochka_routes(): return []"
    ),
    "wrong_type": Animal(
        "stage",
        "tochka_migrations must return a Path",
        "@hookimpl\ndef tochka_migrations(): return 'x'",
    ),
    "other_core": Animal("gate", "needs tochka-rosta", requires=("tochka-rosta>=99",)),
    "lonely": Animal(
        "gate", "which is not installed", requires=("tochka-rosta", "no-such-distribution")
    ),
    "needs_broken": Animal(
        "load",
        "'import_error', which is quarantined",
        requires=("import-error",),
        blocked_by="import_error",
    ),
    "circle_a": Animal("gate", "cycle", requires=("circle-b",)),
    "circle_b": Animal("gate", "cycle", requires=("circle-a",)),
    "twin_one": Animal(
        "gate", "also declares the module", entry_points={"twins": "twin_one.hooks"}
    ),
    "twin_two": Animal(
        "gate", "also declares the module", entry_points={"twins": "twin_two.hooks"}
    ),
    "shouting": Animal("gate", "must match", entry_points={"SHOUTING": "shouting.hooks"}),
    "reserved": Animal("gate", "reserved", entry_points={"users": "reserved.hooks"}),
    "to_nothing": Animal(
        "load", "no_such_module", entry_points={"to_nothing": "to_nothing.no_such_module"}
    ),
    "malformed": Animal("gate", "names no Python module", entry_points={"malformed": "1 bad!"}),
    "opens_by_accident": Animal(
        "stage",
        "is opened by opt=ANONYMOUS, or not at all",
        route(
            HANDLER_A, "@get('/y', opt={'tochka_anonymous': 'no'})\nasync def b() -> None: ...\n"
        ),
    ),
    "open_to_whom": Animal(
        "stage",
        "open_to_whom.hooks.b does not say who may call it: give it guards=[requires('…')]",
        route(HANDLER_A, "@get('/y')\nasync def b() -> None: ...\n"),
    ),
    "two_minds": Animal(
        "stage",
        "says opt=ANY_MEMBER and requires('two_minds:read'), which exclude each other",
        "@hookimpl\n"
        "def tochka_permissions(): return [Permission('two_minds:read', 'Read')]\n"
        + route(
            HANDLER_A,
            "@get('/y', opt=ANY_MEMBER, guards=[requires('two_minds:read')])\n"
            "async def b() -> None: ...\n",
        ),
    ),
    "in_shared_caches": Animal(
        "stage",
        "says public in Cache-Control",
        route(
            HANDLER_A,
            "@get('/y', opt=ANY_MEMBER, response_headers={'cache-control': 'public'})\n"
            "async def b() -> None: ...\n",
        ),
    ),
    "leads_elsewhere": Animal(
        "stage",
        "/../users leads out of the module's own path",
        route(HANDLER_A, "@get('/../users')\nasync def b() -> None: ...\n"),
    ),
    "collision": Animal(
        "stage",
        "GET /x is handled more than once",
        route(HANDLER_A, "@get('/x', opt=ANY_MEMBER)\nasync def b() -> None: ...\n"),
    ),
    "unannotated": Animal(
        "stage",
        "unannotated.hooks.b: 'note' does not have a type annotation",
        route(HANDLER_A, "@get('/y')\nasync def b(note): ...\n"),
    ),
    "same_name": Animal(
        "stage",
        "the module 'large' has the handler name 'news' too",
        "from litestar import WebSocket, websocket\n"
        "@websocket('/', name='news', opt=ANY_MEMBER)\n"
        "async def a(socket: WebSocket) -> None: ...\n" + route(HANDLER_B),
    ),
    "core_operation": Animal(
        "stage",
        "the core has the operation id 'ApiV1UsersMeMe' too",
        route(
            HANDLER_A,
            "@get('/y', operation_id='ApiV1UsersMeMe', opt=ANY_MEMBER)\n"
            "async def b() -> None: ...\n",
        ),
    ),
    "mounts": Animal(
        "stage",
        "mounts an application",
        "from litestar import asgi\nfrom litestar.types import Receive, Scope, Send\n"
        "@asgi('/', is_mount=True, copy_scope=True, opt=ANY_MEMBER)\n"
        "async def a(scope: Scope, receive: Receive, send: Send) -> None: ...\n" + route(HANDLER_B),
    ),
    "two_sockets": Animal(
        "stage",
        "WEBSOCKET /live is handled more than once",
        "from litestar import WebSocket, websocket\n"
        + "".join(
            "@websocket('/live', opt=ANY_MEMBER)\n"
            f"async def {name}(socket: WebSocket) -> None: ...\n"
            for name in "ab"
        )
        + route(),
    ),
    "poses": Animal(
        "stage",
        "sets 'tochka_module'",
        route(
            HANDLER_A, "@get('/y', opt={'tochka_module': 'large'})\nasync def b() -> None: ...\n"
        ),
    ),
    "nul": Animal(
        "stage",
        "ValueError: a nul \ufffd, half \ufffd (nul/hooks.py",
        "@hookimpl\ndef tochka_routes(): raise ValueError('a nul \\0, half \\ud83d')",
    ),
    "unstorable": Animal(
        "stage",
        "tochka_module_info: icon",
        "@hookimpl\ndef tochka_module_info(): return ModuleInfo(title='x', icon='\\ud83d')",
    ),
    "no_permission": declares("tochka_permissions", "['a:b']", "'a:b' is no Permission"),
    "foreign_permission": declares(
        "tochka_permissions",
        "[Permission('contacts:read', 'Read')]",
        "the name 'contacts:read' must begin with 'foreign_permission:'",
    ),
    "twice_permitted": declares(
        "tochka_permissions",
        "[Permission('twice_permitted:read', 'Read')] * 2",
        "'twice_permitted:read' is declared 2 times",
    ),
    "unknown_role": declares(
        "tochka_permissions",
        "[Permission('unknown_role:read', 'Read', frozenset({'king'}))]",
        "Invalid enum value 'king'",
    ),
    "async_permission": Animal(
        "stage",
        "tochka_permissions must be an ordinary function",
        "@hookimpl\nasync def tochka_permissions(): return []",
    ),
    "no_settings": declares("tochka_settings", "{'size': 5}", "must return a msgspec.Struct class"),
    "no_default": declares(
        "tochka_settings",
        "msgspec.defstruct('Chosen', [('size', int)])",
        "Chosen must have defaults for size",
    ),
    "false_default": declares(
        "tochka_settings",
        "msgspec.defstruct('Chosen', [('size', int, '5')])",
        "the default of size does not fit its type",
    ),
    "no_schema": declares(
        "tochka_settings",
        "msgspec.defstruct('Chosen', [('size', complex, 1j)])",
        "Chosen has no JSON Schema",
    ),
    "no_limit": declares("tochka_limits", "[10]", "10 is no Limit"),
    "foreign_limit": declares(
        "tochka_limits",
        "[Limit('contacts.max', 'Contacts', 'contacts', 10)]",
        "the name 'contacts.max' must begin with 'foreign_limit.'",
    ),
    "twice_limited": declares(
        "tochka_limits",
        "[Limit('twice_limited.max', 'Things', 'things', 10)] * 2",
        "'twice_limited.max' is declared 2 times",
    ),
    "negative_limit": declares(
        "tochka_limits",
        "[Limit('negative_limit.max', 'Things', 'things', -1)]",
        "the default of 'negative_limit.max' must be None or from 0",
    ),
    "no_command": declares("tochka_commands", "[print]", "is no click command"),
    "twice_called": declares(
        "tochka_commands", "[click.Command('count')] * 2", "'count' is declared 2 times"
    ),
    "misnamed_command": declares(
        "tochka_commands", "[click.Command('count all')]", "the name 'count all' must match"
    ),
    "command_import": declares(
        "tochka_commands",
        "__import__('nothing_of_this_name').commands",
        "No module named 'nothing_of_this_name' (command_import/hooks.py",
    ),
    "called_like_the_core": Animal(
        "gate", "reserved", entry_points={"upgrade": "called_like_the_core.hooks"}
    ),
    "shallow": Animal(
        "stage",
        "sys.setrecursionlimit(50) harms all other modules",
        "@hookimpl\ndef tochka_routes():\n    import sys\n    sys.setrecursionlimit(50)\n",
    ),
    "undecorated": Animal("load", "decorate it with @hookimpl", "def tochka_routes(): return []\n"),
    "core_table": Animal(
        "stage",
        "must lie in the schema mod_core_table",
        MODELS
        + "class Thing(TenantModel, Base):\n    __tablename__ = 'things'\n"
        + "    __table_args__ = {'schema': 'tochka'}\n"
        + "@hookimpl\ndef tochka_models(): return [Thing]\n",
    ),
    "no_tenant_key": Animal(
        "stage",
        "unique constraint on mod_no_tenant_key.things(code) must contain tenant_id",
        MODELS
        + "class Thing(TenantModel, Base):\n    __tablename__ = 'things'\n"
        + "    code: Mapped[str] = mapped_column(unique=True)\n"
        + "@hookimpl\ndef tochka_models(): return [Thing]\n",
    ),
    "no_tenant": Animal(
        "stage",
        "mod_no_tenant.links has no tenant_id",
        MODELS
        + "class Thing(TenantModel, Base): __tablename__ = 'things'\n"
        + "class Link(Base):\n    __tablename__ = 'links'\n"
        + "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        + "@hookimpl\ndef tochka_models(): return [Thing]\n",
    ),
    "foreign_key": Animal(
        "stage",
        "no declared dependency",
        MODELS
        + "from tochka_contacts.models import Contact\n"
        + "from sqlalchemy import ForeignKeyConstraint\n"
        + "from uuid import UUID\nkey = Contact.__table__.c\n"
        + "class Thing(TenantModel, Base):\n    __tablename__ = 'things'\n"
        + "    contact_id: Mapped[UUID]\n    __table_args__ = (ForeignKeyConstraint("
        + "['tenant_id', 'contact_id'], [key.tenant_id, key.id]),)\n"
        + "@hookimpl\ndef tochka_models(): return [Thing]\n",
    ),
    "no_folder": Animal("stage", "there is no folder", MIGRATIONS),
    "half_way": Animal(
        "migrate",
        "RuntimeError: half-way (half_way/migrations/0.py",
        MIGRATIONS,
        [revision("half_way", 1, then="raise RuntimeError('half-way')")],
    ),
    "two_heads": Animal(
        "migrate", "head", MIGRATIONS, [revision("two_heads", 1), revision("two_heads", 2)]
    ),
    "follows_nothing": Animal(
        "migrate",
        "0.py: there is no revision 'gone' to follow",
        MIGRATIONS,
        [revision("follows_nothing", 1, down="gone")],
    ),
    "unmade": Animal(
        "migrate",
        "no revision makes the table mod_unmade.things",
        MODELS
        + "class Thing(TenantModel, Base):\n    __tablename__ = 'things'\n"
        + "@hookimpl\ndef tochka_models(): return [Thing]\n"
        + MIGRATIONS,
        [revision("unmade", 1)],
    ),
    "without_revisions": Animal(
        "stage",
        "tochka_models: without tochka_migrations nothing makes their tables",
        MODELS
        + "class Thing(TenantModel, Base):\n    __tablename__ = 'things'\n"
        + "@hookimpl\ndef tochka_models(): return [Thing]\n",
    ),
    "ends_in_migration": Animal(
        "migrate",
        "exit code 9",
        MIGRATIONS,
        [revision("ends_in_migration", 1, then="import os; os._exit(9)")],
    ),
}
