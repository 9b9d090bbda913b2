"""The application in this process, with people and tenants to use it."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from uuid import UUID

import jwt
import pytest
from chain import stage_chain
from inbox import Inbox
from notes_module.models import Note
from notes_module.tenant_acts import ACTS
from sqlalchemy import select, text
from tochka_core.app import create_app
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.http.in_process import concurrent_client
from tochka_core.registry.record import write_judgement
from tochka_migrations.changes import CHANNEL

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    id: UUID
    phone: str
    token: str

    @property
    def session_id(self):
        return jwt.decode(self.token, options={"verify_signature": False})["sid"]

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def at(self, tenant):
        return {**self.headers, "X-Tenant": tenant}


@pytest.fixture
def inbox(monkeypatch):
    """What the test module is given to deliver to phones."""
    inbox = Inbox()
    monkeypatch.setitem(ACTS, "message", inbox.deliver)
    return inbox


@pytest.fixture(scope="session")
def made_applications():
    return {}


@pytest.fixture
def application(settings, notes, made_applications):
    """The core and the test module, made once for all tests that ask for the same settings."""
    if settings not in made_applications:
        made_applications[settings] = create_app(settings, [notes])
    return made_applications[settings]


@pytest.fixture(scope="session")
def chain():
    """The test module, and those that depend on it; staged."""
    return stage_chain()


@pytest.fixture
def chain_application(settings, chain, made_applications):
    """The core with the chain; for the tests of a file, or of a folder, as their `application`."""
    key = (settings, "chain")
    if key not in made_applications:
        made_applications[key] = create_app(settings, chain)
    return made_applications[key]


@pytest.fixture
def judge_chain(database, chain):
    """Judge the modules of the chain to be ready."""

    async def judge_chain():
        async with database.platform_scope(reason="test") as session:
            requires = {module.name: module.requires for module in chain}
            await write_judgement(session, ready=chain, requires=requires, quarantined=[])

    return judge_chain


@pytest.fixture
def when(monkeypatch):
    """Have a module of the chain do something, such as `deals enabled`, when it comes to that."""
    return lambda what, act: monkeypatch.setitem(ACTS, what.removeprefix("notes "), act)


@pytest.fixture
def notes_kept(database):
    """Return all notes of all tenants."""

    async def notes_kept():
        async with database.platform_scope(reason="test") as session:
            return set(await session.scalars(select(Note.text)))

    return notes_kept


@pytest.fixture
async def client(application):
    async with concurrent_client(application) as client:
        yield client


@pytest.fixture
def database(database, client, monkeypatch):
    """The database; what a test changes in it past the application is known there afterwards."""

    def known_when_over(open_scope):
        @asynccontextmanager
        async def scope(*arguments, **options):
            async with open_scope(*arguments, **options) as session:
                yield session
            # What may be a change is answered when all changes that were made before are known.
            await client.post("/api/v1/auth/login", json={})

        return scope

    for name in ("platform_scope", "tenant_scope"):
        monkeypatch.setattr(database, name, known_when_over(getattr(database, name)))
    return database


@pytest.fixture
def register(client):
    """Make people who can sign in."""
    numbers = count(1)

    async def register(role="user", *, database=None):
        phone = f"+7999000{next(numbers):04}"
        body = {"phone": phone, "password": PASSWORD}
        made = await client.post("/api/v1/auth/register", json=body)
        assert made.status_code == 201, made.text
        if role != "user":
            async with database.platform_scope(reason="test") as session:
                await session.execute(
                    text("UPDATE tochka.users SET role = :role WHERE phone = :phone"),
                    {"role": role, "phone": phone},
                )
        signed_in = await client.post("/api/v1/auth/login", json=body)
        return Person(UUID(made.json()["id"]), phone, signed_in.json()["access_token"])

    return register


@pytest.fixture
async def master(register, database):
    return await register("platform_master", database=database)


@pytest.fixture
async def make_tenant(client, master, register):
    """Make a tenant with an owner, who is returned."""

    async def make_tenant(name, *, modules=("notes",), **fields):
        owner = await register()
        body = {"name": name, "owner_phone": owner.phone, **fields}
        made = await client.post("/api/v1/tenants", json=body, headers=master.headers)
        assert made.status_code == 201, made.text
        for module in modules:
            path = f"/api/v1/tenants/{name}/modules/{module}"
            switched = await client.put(path, json={"enabled": True}, headers=owner.headers)
            assert switched.status_code == 200, switched.text
        return owner

    return make_tenant


@pytest.fixture
def join(client, master, register):
    """Make a person who is a member of a tenant."""

    async def join(role="member", *, tenant="acme"):
        person = await register()
        path, body = f"/api/v1/tenants/{tenant}/members", {"phone": person.phone, "role": role}
        added = await client.post(path, json=body, headers=master.headers)
        assert added.status_code == 201, added.text
        return person

    return join


@pytest.fixture
def define_role(client):
    """Let somebody define a role in acme."""

    async def define_role(acting, name, *permissions):
        body = {"name": name, "permissions": permissions}
        path = "/api/v1/tenants/acme/roles"
        return await client.post(path, json=body, headers=acting.headers)

    return define_role


@pytest.fixture
def sign_in(client):
    """Sign a person in once more; return the tokens."""

    async def sign_in(person, *, device="phone"):
        body = {"phone": person.phone, "password": PASSWORD}
        return (
            await client.post("/api/v1/auth/login", json=body, headers={"User-Agent": device})
        ).json()

    return sign_in


@pytest.fixture
def change(database):
    """Run SQL as the platform."""

    async def change(statement, **values):
        async with database.platform_scope(reason="test") as session:
            return await session.execute(text(statement), values)

    return change


@pytest.fixture
def hear(database_url):
    """Hear what workers are told inside a block."""

    @asynccontextmanager
    async def hear():
        heard = []
        async with maintenance_engine(database_url) as engine, engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            await driver.add_listener(CHANNEL, lambda *told: heard.append(told[3]))
            yield heard
            await driver.execute("SELECT")

    return hear
