"""`tochka tenants` in this process, on one installation or on two."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url, text
from structlog.testing import capture_logs
from tochka_core.cli import neighbourhood
from tochka_core.cli.group import tochka
from tochka_core.db import Database
from tochka_core.db.maintenance import maintenance_engine
from tochka_plugins.host import Assembly


@dataclass(frozen=True)
class Installation:
    """A database with the core and the test module, and the commands on it."""

    url: str

    def run(self, *words, stdin=None):
        """Run a command of `tochka tenants`; return its exit code and output."""
        environ = {
            "DATABASE_URL": self.url,
            "TOCHKA_TENANT_GRACE_DAYS": "10",
            "TOCHKA_BCRYPT_COST": "4",
        }
        words = ["tenants", *map(str, words)]
        with capture_logs():
            result = CliRunner().invoke(tochka, words, input=stdin, env=environ)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output.strip()

    def told(self, *words) -> Any:
        """Run a command that succeeds; return its document."""
        code, output = self.run(*words, "--json")
        assert code == 0, output
        return json.loads(output)

    def sql(self, *statements, **values):
        """Run statements as the platform; return the rows of the last one."""
        return asyncio.run(self._sql(statements, values))

    async def _sql(self, statements, values):
        database = Database(make_url(self.url), pool_size=1)
        async with database.platform_scope(reason="test") as session:
            for statement in statements:
                result = await session.execute(text(statement), values)
            rows = [tuple(row) for row in result] if result.returns_rows else []
        await database.dispose()
        return rows

    def add_person(self, phone, role=None):
        """Make a person, and where a role is given a member of acme; return the id."""
        user = str(uuid4())
        self.sql(
            "INSERT INTO tochka.users (id, phone, password_hash) VALUES (:id, :phone, 'x')",
            id=user,
            phone=phone,
        )
        if role:
            self.sql(
                "INSERT INTO tochka.memberships (tenant_id, user_id, role)"
                " SELECT id, :user, :role FROM tochka.tenants WHERE name = 'acme'",
                user=user,
                role=role,
            )
        return user

    def build(self, script):
        """Run statements as the login role, which owns the tables."""

        async def build():
            async with maintenance_engine(make_url(self.url)) as engine, engine.begin() as to:
                for statement in script.split(";"):
                    await to.execute(text(statement))

        asyncio.run(build())


@pytest.fixture
def make_installation(monkeypatch, tmp_path, notes):
    """Let commands run in this process."""
    monkeypatch.chdir(tmp_path)
    # The log of this process is pytest's.
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)
    monkeypatch.setattr(neighbourhood, "configure_logging", lambda *_a, **_k: None)
    assembly = Assembly(modules=(notes,), quarantined=())
    monkeypatch.setattr(neighbourhood, "load_ready", lambda _ready: assembly)
    return Installation


@pytest.fixture
def here(make_installation, settings):
    """An installation."""
    return make_installation(settings.database_url)


@pytest.fixture
async def there(make_installation, server_url, template, run_on):
    """Another one."""
    name = f"test_{uuid4().hex}"
    await run_on(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = server_url.set(database=name)
    yield make_installation(url.render_as_string(hide_password=False))
    await run_on(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def tenants(here):
    return here.run


@pytest.fixture
def told(here):
    return here.told


@pytest.fixture
def sql(here):
    return here.sql


@pytest.fixture
def acme(here):
    """A tenant with people, an invitation to a role of its own, and rows of a module; its id."""
    acme = here.told("create", "acme", "--title", "Acme")["id"]
    other = here.told("create", "globex")["id"]
    here.add_person("+79990000001", "owner")
    here.add_person("+79990000002", "member")
    here.add_person("+79990000003")
    for tenant, texts in ((acme, ("a", "b")), (other, ("secret",))):
        for words in texts:
            here.sql(
                "INSERT INTO mod_notes.notes (tenant_id, id, text) VALUES (:id, :row, :text)",
                id=tenant,
                row=uuid4(),
                text=words,
            )
    here.sql(
        "INSERT INTO tochka.tenant_modules (tenant_id, module) VALUES (:id, 'notes')",
        "INSERT INTO tochka.roles (tenant_id, name, title, permissions)"
        " VALUES (:id, 'guest', 'Guest', ARRAY['notes:read'])",
        "INSERT INTO tochka.invitations (tenant_id, id, phone, role, expires_at)"
        " VALUES (:id, gen_random_uuid(), '+79990000009', 'guest', now() + interval '1 day')",
        "INSERT INTO tochka.limit_usage VALUES (:id, 'notes.max', '1970-01-01Z', 2)",
        "INSERT INTO tochka.api_keys"
        " (tenant_id, id, name, prefix, secret_hash, permissions, created_by)"
        " SELECT :id, gen_random_uuid(), 'Key', 'tk_secret', 'secret', '{}', user_id"
        " FROM tochka.memberships WHERE tenant_id = :id AND role = 'owner'",
        id=acme,
    )
    return acme


@pytest.fixture
def archive(here, acme, tmp_path):
    """An export of acme."""
    here.told("export", "acme", tmp_path / "acme.zip")
    return tmp_path / "acme.zip"
