"""No phone, password, token, code or hash in any log line, whatever succeeds or fails.

A new way to sign in, or a new secret, needs a flow here and nothing else: what is secret is known
by the names of fields and columns.
"""

import io
import logging
import re
from contextlib import asynccontextmanager
from itertools import count

import pyotp
import pytest
import structlog
from executed import executed
from hygiene import Secrets
from msgspec.structs import replace
from notes_module.tenant_acts import ACTS
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.http.in_process import concurrent_client
from tochka_core.logs import configure_logging

AUTH, USERS = "/api/v1/auth", "/api/v1/users"
PASSWORD = "correct horse battery"
NOBODY = "00000000-0000-0000-0000-000000000000"
FLOWS = []


def flow(function):
    """Run *function* in the tests below: on a sound database, and on all kinds of broken ones."""
    FLOWS.append(function)
    return function


class World:
    """A client of the platform; how it is answered is checked only while all is sound."""

    _numbers = count(1)

    def __init__(self, client, secrets, *, inbox, install, master_token=None, is_sound=True):
        self.client = client
        self.secrets = secrets
        self.inbox = inbox
        self.install = install
        self.master_token = master_token
        self.is_sound = is_sound
        secrets.watch(client)

    @asynccontextmanager
    async def installed(self, **settings):
        """Yield the world with other *settings*."""
        async with self.install(**settings) as client:
            yield World(
                client,
                self.secrets,
                inbox=self.inbox,
                install=self.install,
                master_token=self.master_token,
                is_sound=self.is_sound,
            )

    def next_phone(self):
        return f"+7912555{next(self._numbers):04}"

    async def halves(self, asked):
        """Return both halves of the code that was *asked* for, or of none where none is sent."""
        if "secret" not in asked:
            return {"secret": "x" * 22, "code": "000000"}
        while not (code := (await self.inbox.next()).code):
            pass  # A notice.
        return {"secret": asked["secret"], "code": code}

    async def ask(self, status, method, path, body=None, *, token=None, **more):
        """Send a request, to be answered with *status*; return the document, or an empty one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            more["json"] = body
        answer = await self.client.request(method, path, headers=headers, **more)
        if self.is_sound:
            assert answer.status_code == status, (method, path, answer.text)
        is_document = answer.is_success and answer.content
        return answer.json() if is_document else {}

    async def post(self, status, path, body=None, **more):
        return await self.ask(status, "POST", path, body, **more)

    async def person(self):
        """Register somebody who has signed in; return their credentials, id and tokens."""
        credentials = {"phone": self.next_phone(), "password": PASSWORD}
        made = await self.post(201, f"{AUTH}/register", credentials)
        tokens = await self.post(200, f"{AUTH}/login", credentials)
        return credentials, made.get("id", NOBODY), tokens


@flow
async def registering(world):
    credentials, _, _ = await world.person()
    await world.post(409, f"{AUTH}/register", credentials)
    for wrong in ({"phone": "+712"}, {"password": "password1"}, {"password": "short"}):
        await world.post(400, f"{AUTH}/register", {**credentials, **wrong})


@flow
async def signing_in(world):
    credentials, user_id, tokens = await world.person()
    await world.ask(200, "GET", f"{USERS}/me", token=tokens.get("access_token"))
    device = {"device_token": tokens.get("device_token")}
    await world.post(200, f"{AUTH}/login", {**credentials, **device})
    await world.post(401, f"{AUTH}/login", {**credentials, "password": "another secret"})
    await world.post(401, f"{AUTH}/login", {**credentials, "phone": "8 (912) 444-00-01"})
    switch = {"is_active": False}
    await world.ask(200, "PATCH", f"{USERS}/{user_id}", switch, token=world.master_token)
    await world.post(401, f"{AUTH}/login", credentials)
    await world.ask(401, "GET", f"{USERS}/me", token=tokens.get("access_token"))


@flow
async def staying_signed_in(world):
    _, _, tokens = await world.person()
    first = tokens.get("refresh_token", "")
    for _ in range(2):
        tokens = await world.post(200, f"{AUTH}/refresh", {"refresh_token": first})
    second = tokens.get("refresh_token", "")
    newest = await world.post(200, f"{AUTH}/refresh", {"refresh_token": second})
    await world.post(401, f"{AUTH}/refresh", {"refresh_token": first})
    await world.ask(401, "GET", f"{USERS}/me", token=newest.get("access_token"))
    await world.post(401, f"{AUTH}/refresh", {"refresh_token": first[:-1]})
    await world.post(400, f"{AUTH}/refresh", {"refresh_token": [first]})


@flow
async def signing_out(world):
    credentials, _, tokens = await world.person()
    token = {"token": tokens.get("access_token")}
    page = await world.ask(200, "GET", f"{AUTH}/sessions", **token)
    for session in page.get("items", []):
        other = await world.post(200, f"{AUTH}/login", credentials)
        own = {"token": other.get("access_token")}
        await world.ask(204, "DELETE", f"{AUTH}/sessions/{session['id']}", **own)
        await world.ask(204, "DELETE", f"{AUTH}/sessions", params={"but_current": True}, **own)
        await world.post(204, f"{AUTH}/logout", **own)


@flow
async def guessing(world):
    credentials, _, _ = await world.person()
    guess = {**credentials, "password": "a wrong guess"}
    for _ in range(5):
        await world.post(401, f"{AUTH}/login", guess)
    await world.post(429, f"{AUTH}/login", guess)


@flow
async def sending_what_cannot_be_read(world):
    if not world.is_sound:
        return  # Nothing of it reaches the database.
    credentials, _, tokens = await world.person()
    for body in (
        {**credentials, "more": 1},
        {**credentials, "password": ["a secret in a list"]},
        {"phone": credentials["phone"]},
        {**credentials, "password": "a nul \0 in it"},
        {**credentials, "password": "too long" * 1000},
    ):
        for path in ("register", "login"):
            await world.post(400, f"{AUTH}/{path}", body)
    broken = f'{{"phone": "{credentials["phone"]}", "password": "{PASSWORD}'
    json = {"Content-Type": "application/json"}
    await world.client.post(f"{AUTH}/login", content=broken, headers=json)
    token = tokens.get("access_token", "a.b.c")
    for wrong in (token[:-1], token[1:], f"{token} {token}", "x" * 5000, "a token"):
        await world.ask(401, "GET", f"{USERS}/me", token=wrong)


@flow
async def administering(world):
    credentials, user_id, _ = await world.person()
    master = {"token": world.master_token}
    await world.ask(200, "GET", USERS, params={"search": credentials["phone"]}, **master)
    await world.ask(200, "GET", f"{USERS}/{user_id}", **master)
    await world.ask(204, "DELETE", f"{USERS}/{user_id}/sessions", **master)
    await world.post(204, f"{USERS}/{user_id}/password-reset", **master)
    await world.post(401, f"{AUTH}/login", credentials)


@flow
async def changing_a_password(world):
    credentials, _, tokens = await world.person()
    path, token = f"{AUTH}/password/change", tokens.get("access_token", "a.b.c")
    body = {"current_password": "a wrong guess", "password": "staple staple"}
    await world.post(400, path, body, token=token)
    await world.post(400, path, {**body, "password": credentials["phone"]}, token=token)
    await world.post(204, path, {**body, "current_password": PASSWORD}, token=token)


@flow
async def forgetting_a_password(world):
    credentials, user_id, _ = await world.person()
    phone = {"phone": credentials["phone"]}
    await world.post(202, f"{AUTH}/password/forgot", {"phone": "+79124440002"})
    asked = await world.post(202, f"{AUTH}/password/forgot", phone)
    halves = await world.halves(asked if user_id != NOBODY else {})
    path, body = f"{AUTH}/password/reset", {**halves, "password": "staple staple"}
    for wrong in ({"password": credentials["phone"]}, {"code": "000000"}, {"secret": "x" * 22}):
        await world.post(400, path, {**body, **wrong})
    await world.post(204, path, body)
    await world.post(400, path, body)


@flow
async def confirming_a_phone(world):
    async with world.installed(confirm_phones=True) as confirming:
        credentials = {"phone": world.next_phone(), "password": PASSWORD}
        asked = await confirming.post(202, f"{AUTH}/register", credentials)
        halves = await world.halves(asked)
        await confirming.post(400, f"{AUTH}/register/confirm", {**halves, "code": "000000"})
        await confirming.post(201, f"{AUTH}/register/confirm", halves)
        await confirming.post(202, f"{AUTH}/register", credentials)


@flow
async def using_a_second_factor(world):
    credentials, _, tokens = await world.person()
    path, session = f"{AUTH}/second-factor", {"token": tokens.get("access_token", "a.b.c")}
    begun = await world.post(201, path, {"password": PASSWORD}, **session)
    code = pyotp.TOTP(begun.get("secret", pyotp.random_base32())).now()
    await world.post(400, f"{path}/confirm", {"code": "000000"}, **session)
    enrolled = await world.post(200, f"{path}/confirm", {"code": code}, **session)
    codes = enrolled.get("recovery_codes", ["7ZK4P-0QWRT-XKCD1-M5H8N-2BVC9"] * 2)
    challenge = (await world.post(200, f"{AUTH}/login", credentials)).get("challenge", "none")
    answer, step = f"{AUTH}/login/second-factor", f"{AUTH}/step-up"
    await world.post(401, answer, {"challenge": challenge, "code": code})
    await world.post(200, answer, {"challenge": challenge, "code": codes[0]})
    await world.post(401, answer, {"challenge": challenge, "code": codes[1]})
    await world.post(204, step, {"code": codes[1]}, **session)


@flow
async def inviting(world):
    name = f"tenant-{next(world._numbers)}"
    master = {"token": world.master_token}
    await world.post(201, "/api/v1/tenants", {"name": name}, **master)
    invited = {"phone": f"+7912666{next(world._numbers):04}"}
    await world.post(201, f"/api/v1/tenants/{name}/invitations", invited, **master)
    await world.post(409, f"/api/v1/tenants/{name}/invitations", invited, **master)


@flow
async def using_api_keys(world):
    credentials, _, tokens = await world.person()
    owner, name = {"token": tokens.get("access_token")}, f"tenant-{next(world._numbers)}"
    own, notes = f"/api/v1/tenants/{name}", "/api/v1/notes"
    tenant = {"name": name, "owner_phone": credentials["phone"]}
    await world.post(201, "/api/v1/tenants", tenant, token=world.master_token)
    await world.ask(200, "PUT", f"{own}/modules/notes", {"enabled": True}, **owner)
    wanted = {"name": "Billing", "permissions": ["notes:write"]}
    made = await world.post(201, f"{own}/api-keys", wanted, **owner)
    await world.post(400, f"{own}/api-keys", {**wanted, "permissions": ["none"]}, **owner)
    key = made.get("key", f"tk_{'0' * 16}_{'A' * 44}")
    await world.ask(200, "GET", f"{notes}/guarded", token=key)
    await world.ask(403, "GET", notes, token=key)
    for wrong in (key[:-1], f"{key}A", key[:-4] + "AAAA"):
        await world.ask(401, "GET", f"{notes}/guarded", token=wrong)
    made_id = made.get("id", "00000000-0000-0000-0000-000000000000")
    await world.ask(204, "DELETE", f"{own}/api-keys/{made_id}", **owner)
    await world.ask(401, "GET", f"{notes}/guarded", token=key)


@pytest.fixture
def written(monkeypatch):
    """Set logging up as a server does with TOCHKA_LOG_LEVEL=debug; return where it writes to."""
    stream, configure, before = io.StringIO(), structlog.configure, structlog.get_config()
    handlers, level = logging.root.handlers[:], logging.root.level
    monkeypatch.setattr("sys.stderr", stream)
    # Not kept by loggers: they outlive the test.
    monkeypatch.setattr(
        "structlog.configure", lambda **how: configure(**how | {"cache_logger_on_first_use": False})
    )
    configure_logging("debug", packages=["notes_module"])
    yield stream
    configure(**before)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
async def world(written, settings, notes, database, *, inbox, monkeypatch):
    """The platform with a `platform_master`, whose logs are written down."""
    secrets = Secrets()
    secrets.add("the installation's secret", settings.jwt_secret)

    async def deliver(message):
        secrets.add("message", message.text)
        secrets.add("code", message.code or "")
        return await inbox.deliver(message)

    monkeypatch.setitem(ACTS, "message", deliver)

    def install(**changes):
        return concurrent_client(create_app(replace(settings, **changes), [notes]))

    async with install() as client:
        world = World(client, secrets, inbox=inbox, install=install)
        _, user_id, tokens = await world.person()
        world.master_token = tokens["access_token"]
        async with database.platform_scope(reason="test") as session:
            promote = text("UPDATE tochka.users SET role = 'platform_master' WHERE id = :id")
            await session.execute(promote, {"id": user_id})
        yield world


async def assert_clean(world, written, engine):
    """Look for everything secret in the lines that were written; return these."""
    await world.secrets.read(engine)
    lines = written.getvalue().splitlines()
    assert world.secrets.found_in(lines) == []
    return lines


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
async def test_no_line_holds_a_secret(world, written, engine, flow):
    await flow(world)
    assert len(await assert_clean(world, written, engine)) > 5


BREAKAGES = {
    "refused by the database": (
        "CREATE TRIGGER broken BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()",
        "DROP TRIGGER broken ON {table}",
    ),
    "unexpected error": (
        "REVOKE {verb} ON {table} FROM tochka_platform",
        "GRANT {verb} ON {table} TO tochka_platform",
    ),
}
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'refused',
        DETAIL = 'Failing row contains ' || NEW;
END $$
"""
"""As a constraint does, but for one kind of statement."""

WRITING = re.compile(r"\b(INSERT|UPDATE)(?: INTO)? (tochka\.\w+)")


TOLD_OTHERWISE = {"tochka.tenants", "tochka.api_key_uses"}
"""A tenant that cannot be made has a name that is taken: nothing is logged. That a key is used is
written down after the request, and a line of its own tells where that fails."""


async def find_writes(world):
    """Return what is written to each table, and a flow that does, for each statement that does."""
    found = {}
    for run in FLOWS:
        with executed() as statements:
            await run(world)
        for statement in statements:
            for verb, table in WRITING.findall(statement):
                found.setdefault((statement, verb, table), (run, verb, table))
    return {*found.values()}


@pytest.mark.parametrize("event", BREAKAGES)
async def test_no_error_of_the_database_tells_a_secret(world, written, engine, event):
    """One table after another refuses what is written to it, row and all."""
    async with engine.begin() as connection:
        await connection.execute(text(REFUSE))
    writes = await find_writes(world)
    world.is_sound = False
    broken, mended = BREAKAGES[event]
    for run, verb, table in writes:
        told = written.getvalue().count(event)
        async with engine.begin() as connection:
            await connection.execute(text(broken.format(verb=verb, table=table)))
        await run(world)
        async with engine.begin() as connection:
            await connection.execute(text(mended.format(verb=verb, table=table)))
        is_told = written.getvalue().count(event) > told or table in TOLD_OTHERWISE
        assert is_told, (run.__name__, verb, table)
    print(f"{len(writes)} ways to write to {len({table for *_, table in writes})} tables")
    await assert_clean(world, written, engine)
