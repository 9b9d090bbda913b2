"""Access is decided from what the worker knows, and what it knows is true."""

import asyncio
from contextlib import asynccontextmanager, contextmanager

import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import Engine, event, text
from tochka_core import backoff
from tochka_core.access import listener
from tochka_core.access.key_facts import KEY
from tochka_core.app import create_app
from tochka_core.db.maintenance import maintenance_engine
from tochka_plugins import Unavailable

NOTES = "/api/v1/notes"
OPEN = f"{NOTES}/open"
DEADLINE_SECONDS = 30


@contextmanager
def counted():
    """Count transactions and statements of all engines of this process."""
    seen = []

    def note(*arguments):
        seen.append(arguments[2] if len(arguments) > 1 else "BEGIN")

    event.listen(Engine, "begin", note)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "begin", note)
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def execute(engine):
    """Run SQL past the platform, as an operator may."""

    async def execute(statement, **parameters):
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL tochka.owner_sees_all = 'on'"))
            await connection.execute(text(statement), parameters)

    return execute


@pytest.fixture
async def other(settings, notes):
    """Another worker."""
    async with AsyncTestClient(create_app(settings, [notes]), raise_server_exceptions=False) as c:
        yield c


@pytest.fixture
def answers(client, other):
    """Return what both workers answer, once they agree: the status, or what the note's text is."""

    async def answers(status, path, **options):
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                got = {
                    (await worker.get(path, **options)).status_code for worker in (client, other)
                }
                if got == {status}:
                    return True
                await asyncio.sleep(0.001)

    return answers


async def test_in_steady_state_a_decision_costs_no_query(client, make_tenant):
    owner = await make_tenant("acme", domain="shop.example.com")
    requests = {
        OPEN: {"X-Tenant": "acme", "Host": "shop.example.com"},
        f"{NOTES}/nothing": owner.at("acme"),
        f"{NOTES}/nothing?": {**owner.headers, "Host": "shop.example.com"},
    }
    for path, headers in requests.items():
        with counted() as first:
            assert (await client.get(path, headers=headers)).status_code == 200
        with counted() as later:
            for _ in range(10):
                assert (await client.get(path, headers=headers)).status_code == 200
        print(f"{path}: first {len(first)} statements, then {len(later)} in 10 requests")
        assert later == []


async def test_so_it_is_for_settings_and_a_change_is_in_force_in_every_worker(
    client, other, make_tenant, change
):
    owner = await make_tenant("acme")
    got, path = f"{NOTES}/settings", "/api/v1/tenants/acme/modules/notes/settings"

    async def sizes():
        answers = [await worker.get(got, headers=owner.at("acme")) for worker in (client, other)]
        return {(answer.json()["page_size"], answer.json()["token"]) for answer in answers}

    async def until(size, token):
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                if await sizes() == {(size, token[::-1])}:
                    return
                await asyncio.sleep(0.001)

    await until(50, "")
    wanted = {"pageSize": 20, "token": "s3cr3t"}
    assert (await client.patch(path, json=wanted, headers=owner.headers)).status_code == 200
    own = (await client.get(got, headers=owner.at("acme"))).json()
    assert own["page_size"] == 20
    await until(20, "s3cr3t")
    with counted() as later:
        for _ in range(10):
            assert await sizes() == {(20, "t3rc3s")}
    assert later == []
    await change("DELETE FROM tochka.module_secrets")
    await until(20, "")
    await change("DELETE FROM tochka.module_settings")
    await until(50, "")


@pytest.fixture
def make_key(client):
    """Have a person make a key that may write notes."""

    async def make_key(owner):
        body = {"name": "Billing", "permissions": ["notes:write"]}
        made = await client.post("/api/v1/tenants/acme/api-keys", json=body, headers=owner.headers)
        assert made.status_code == 201, made.text
        return {"Authorization": f"Bearer {made.json()['key']}"}

    return make_key


async def test_so_it_is_for_api_keys(client, make_tenant, make_key):
    key = await make_key(await make_tenant("acme", domain="shop.example.com"))
    path, host = f"{NOTES}/guarded", {"Host": "shop.example.com"}
    for headers in (key, {**key, "X-Tenant": "acme"}, {**key, **host}):
        assert (await client.get(path, headers=headers)).status_code == 200
    async with asyncio.timeout(DEADLINE_SECONDS):
        later = None
        while later != []:  # when it was used is still being noted
            with counted() as later:
                for headers in (key, {**key, **host}) * 10:
                    assert (await client.get(path, headers=headers)).status_code == 200
    with counted() as wrong:
        tried = {"Authorization": key["Authorization"][:-4] + "AAAA"}
        assert (await client.get(path, headers=tried)).status_code == 401
    assert wrong == []


async def test_keys_that_nobody_has_push_nothing_out(client, make_tenant, make_key, monkeypatch):
    monkeypatch.setattr("tochka_core.access.cache.MAX_SUBJECTS", 5)
    key, path = await make_key(await make_tenant("acme")), f"{NOTES}/guarded"
    await client.get(path, headers=key)
    for number in range(10):
        unknown = {"Authorization": f"Bearer tk_{number:016}_{'A' * 44}"}
        assert (await client.get(path, headers=unknown)).status_code == 401
    with counted() as later:
        assert (await client.get(path, headers=key)).status_code == 200
    assert not any("api_keys" in statement for statement in later)


async def test_nor_do_keys_that_cannot_be_looked_for(client, make_tenant, make_key, monkeypatch):
    monkeypatch.setattr("tochka_core.access.cache.MAX_SUBJECTS", 5)
    key, path = await make_key(await make_tenant("acme")), f"{NOTES}/guarded"
    await client.get(path, headers=key)

    async def fail(_session, _prefix):
        raise Unavailable("The database is away.", retry_after_seconds=1)

    with monkeypatch.context() as away:
        away.setattr(KEY, "read", fail)
        for number in range(10):
            unknown = {"Authorization": f"Bearer tk_{number:016}_{'A' * 44}"}
            assert (await client.get(path, headers=unknown)).status_code == 503
    with counted() as later:
        assert (await client.get(path, headers=key)).status_code == 200
    assert not any("api_keys" in statement for statement in later)


KEY_CHANGES = {
    "revoked": ("UPDATE tochka.api_keys SET revoked_at = now()", 401),
    "over": ("UPDATE tochka.api_keys SET expires_at = now()", 401),
    "deleted": ("DELETE FROM tochka.api_keys", 401),
    "truncated": ("TRUNCATE tochka.api_keys CASCADE", 401),
    "permissions": ("UPDATE tochka.api_keys SET permissions = '{}'", 403),
    "maker removed": ("DELETE FROM tochka.memberships", 401),
    "maker deactivated": ("UPDATE tochka.users SET is_active = false", 401),
    "maker degraded": ("UPDATE tochka.memberships SET role = 'member'", 403),
    "maker deleted": ("DELETE FROM tochka.users", 401),
    "disabled": ("DELETE FROM tochka.tenant_modules", 404),
    "renamed": ("UPDATE tochka.tenants SET name = 'globex'", 400),
}


@pytest.mark.parametrize(("statement", "status"), KEY_CHANGES.values(), ids=KEY_CHANGES)
async def test_a_change_that_a_key_depends_on_is_in_force_in_all_workers(
    make_tenant, make_key, answers, execute, *, statement, status
):
    key = await make_key(await make_tenant("acme"))
    path, options = f"{NOTES}/guarded", {"headers": {**key, "X-Tenant": "acme"}}
    await answers(200, path, **options)
    await execute(statement)
    await answers(status, path, **options)


async def test_a_stranger_makes_as_many_queries_for_a_tenant_as_for_none(
    client, make_tenant, register
):
    """Also where the tenant is known here already, because its members are at work."""
    owner = await make_tenant("acme", modules=[], domain="shop.example.com")
    stranger = await register()
    for person, tenant in ((owner, "acme"), (stranger, "elsewhere")):
        await client.get(f"{NOTES}/nothing", headers=person.at(tenant))
    names = {"acme": "shop.example.com", "nowhere": "nowhere.example.com"}
    for path, headers in ((f"{NOTES}/nothing", stranger.headers), (OPEN, {})):
        seen = {}
        for name, host in names.items():
            choices = [{"X-Tenant": name, "Host": "localhost"}, {"Host": host}]
            with counted() as seen[name]:
                for choice in choices * 2:
                    answer = await client.get(path, headers={**headers, **choice})
                    assert not answer.is_success
        print(f"{path}: {len(seen['acme'])} statements in 4 requests, for either")
        assert seen["acme"] == seen["nowhere"]
        assert seen["acme"] != []


async def test_a_role_is_in_force_in_all_workers(register, answers, execute):
    options = {"headers": (await register()).headers}
    await answers(403, "/api/v1/users", **options)
    for role, status in (("platform_master", 200), ("user", 403)):
        await execute(f"UPDATE tochka.users SET role = '{role}'")  # noqa: S608 - a constant
        await answers(status, "/api/v1/users", **options)


CHANGES = {
    "removed": ("DELETE FROM tochka.memberships", 404),
    "deactivated": ("UPDATE tochka.users SET is_active = false", 401),
    "signed out": ("UPDATE tochka.sessions SET ended_at = now()", 401),
    "session over": ("UPDATE tochka.sessions SET expires_at = now()", 401),
    "session deleted": ("DELETE FROM tochka.sessions", 401),
    "sessions truncated": ("TRUNCATE tochka.sessions CASCADE", 401),
    "deleted": ("DELETE FROM tochka.users", 401),
    "suspended": ("UPDATE tochka.tenants SET suspended_at = now()", 403),
    "to be purged": ("UPDATE tochka.tenants SET purge_after = now()", 403),
    "renamed": ("UPDATE tochka.tenants SET name = 'globex'", 404),
    "tenant deleted": ("DELETE FROM tochka.tenants", 404),
    "disabled": ("DELETE FROM tochka.tenant_modules", 404),
    "purged": ("DELETE FROM tochka.modules", 404),
    "members truncated": ("TRUNCATE tochka.memberships", 404),
    "modules truncated": ("TRUNCATE tochka.tenant_modules", 404),
    "all truncated": ("TRUNCATE tochka.users, tochka.tenants CASCADE", 401),
}


@pytest.mark.parametrize(("statement", "status"), CHANGES.values(), ids=CHANGES)
async def test_a_change_by_plain_sql_is_in_force_in_all_workers(
    make_tenant, answers, execute, statement, status
):
    owner = await make_tenant("acme")
    path, options = f"{NOTES}/nothing", {"headers": owner.at("acme")}
    await answers(200, path, **options)
    await execute(statement)
    await answers(status, path, **options)


async def test_who_one_is_costs_no_query_and_a_change_of_it_is_shown_by_all_workers(
    client, other, register, execute
):
    anna = await register()
    path, headers = "/api/v1/users/me", anna.headers

    async def phones():
        shown = [await worker.get(path, headers=headers) for worker in (client, other)]
        return {answer.json()["phone"] for answer in shown}

    assert await phones() == {anna.phone}
    with counted() as seen:
        await phones()
    assert seen == []
    await execute("UPDATE tochka.users SET phone = '+79995550011'")
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            if await phones() == {"+79995550011"}:
                break
            await asyncio.sleep(0.001)


async def test_a_change_of_a_role_is_in_force_in_all_workers(
    make_tenant, define_role, join, answers, execute
):
    await define_role(await make_tenant("acme"), "writer", "notes:write")
    path, options = f"{NOTES}/guarded", {"headers": (await join("writer")).at("acme")}
    await answers(200, path, **options)
    await execute("UPDATE tochka.roles SET permissions = '{}'")
    await answers(403, path, **options)


VISITS = {
    "suspended": "UPDATE tochka.tenants SET suspended_at = now()",
    "to be purged": "UPDATE tochka.tenants SET purge_after = now()",
    "renamed": "UPDATE tochka.tenants SET name = 'globex'",
    "deleted": "DELETE FROM tochka.tenants",
    "disabled": "DELETE FROM tochka.tenant_modules",
    "truncated": "TRUNCATE tochka.tenant_modules",
}


@pytest.mark.parametrize("statement", VISITS.values(), ids=VISITS)
async def test_so_it_is_for_visitors(make_tenant, answers, execute, statement):
    await make_tenant("acme")
    options = {"headers": {"X-Tenant": "acme"}}
    await answers(200, OPEN, **options)
    await execute(statement)
    await answers(404, OPEN, **options)


async def test_what_was_not_there_is_found_once_it_is(make_tenant, answers, register, execute):
    person = await register()
    mine = {"headers": person.at("acme")}
    anyone = {"headers": {"X-Tenant": "acme"}}
    for path, options in ((f"{NOTES}/nothing", mine), (OPEN, anyone)):
        await answers(404, path, **options)
    await make_tenant("acme")
    await answers(200, OPEN, **anyone)
    await execute(
        "INSERT INTO tochka.memberships (tenant_id, user_id, role)"
        " SELECT id, :person, 'member' FROM tochka.tenants",
        person=person.id,
    )
    await answers(200, f"{NOTES}/nothing", **mine)


DOMAIN_CHANGES = {
    "INSERT INTO tochka.domain_claims SELECT id, 'shop.example.com', '' FROM tochka.tenants": 400,
    "INSERT INTO tochka.domains SELECT domain, tenant_id, 'dns' FROM tochka.domain_claims": 200,
    "UPDATE tochka.domains SET lapsed_at = now()": 400,
    "UPDATE tochka.domains SET lapsed_at = NULL": 200,
    "DELETE FROM tochka.domain_claims": 400,
}


async def test_so_it_is_for_domains(make_tenant, answers, execute):
    owner = await make_tenant("acme")
    host = {"Host": "shop.example.com"}
    for statement, status in {"SELECT": 400, **DOMAIN_CHANGES}.items():
        await execute(statement)
        await answers(status, f"{NOTES}/nothing", headers={**owner.headers, **host})
        await answers(status, OPEN, headers=host)


async def test_many_changes_in_one_statement_are_told_of_at_large(make_tenant, answers, execute):
    owner = await make_tenant("acme")
    path, options = f"{NOTES}/nothing", {"headers": owner.at("acme")}
    await answers(200, path, **options)
    await execute(
        "INSERT INTO tochka.users (id, phone, password_hash)"
        " SELECT gen_random_uuid(), 'nobody ' || n, '' FROM generate_series(1, 500) n"
    )
    await execute(
        "INSERT INTO tochka.memberships (tenant_id, user_id, role)"
        " SELECT t.id, u.id, 'member' FROM tochka.tenants t, tochka.users u"
        " ON CONFLICT DO NOTHING"
    )
    with counted() as seen:
        await execute("DELETE FROM tochka.memberships")
    assert len(seen) == 3
    await answers(404, path, **options)


async def test_what_is_rolled_back_is_not_told(client, make_tenant, engine):
    owner = await make_tenant("acme")
    options = {"headers": owner.at("acme")}
    await client.get(f"{NOTES}/nothing", **options)
    async with engine.connect() as connection:
        await connection.execute(text("UPDATE tochka.users SET is_active = false"))
        await connection.rollback()
    with counted() as seen:
        assert (await client.get(f"{NOTES}/nothing", **options)).status_code == 200
    assert seen == []


async def test_a_change_is_in_force_for_the_next_request_of_who_makes_it(client, make_tenant):
    owner = await make_tenant("acme")
    switch, path = "/api/v1/tenants/acme/modules/notes", f"{NOTES}/nothing"
    for enabled in [False, True] * 20:
        await client.put(switch, json={"enabled": enabled}, headers=owner.headers)
        answer = await client.get(path, headers=owner.at("acme"))
        assert answer.status_code == (200 if enabled else 404)


@pytest.fixture
def interrupt(settings, monkeypatch):
    """End the sessions that listen, and let no other begin inside the block."""

    @asynccontextmanager
    async def interrupt():
        with monkeypatch.context() as patch:
            patch.setattr(listener, "create_async_engine", _refuse)
            async with maintenance_engine(settings.engine_url) as engine, engine.begin() as session:
                ended = await session.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE application_name = :name AND datname = current_database()"
                    ),
                    {"name": listener.APPLICATION_NAME},
                )
                assert all(ended.scalars())
            yield

    monkeypatch.setattr(backoff, "_MAX_SECONDS", 0.05)
    return interrupt


def _refuse(*_, **__):
    raise ConnectionRefusedError


async def test_while_it_cannot_listen_a_worker_asks_the_database_each_time(
    client, make_tenant, execute, interrupt, answers
):
    owner = await make_tenant("acme")
    path, headers = f"{NOTES}/nothing", owner.at("acme")
    assert (await client.get(path, headers=headers)).status_code == 200
    async with interrupt():
        await _ask_until(client, path, headers, has_queries=True)
        for _ in range(3):
            with counted() as seen:
                assert (await client.get(path, headers=headers)).status_code == 200
            assert seen
        report = (await client.get("/health/ready")).json()
        assert (report["status"], report["access_cache"]) == ("ready", "bypassed")
        await execute("UPDATE tochka.tenants SET suspended_at = now()")
        assert (await client.get(path, headers=headers)).status_code == 403
        await execute("UPDATE tochka.tenants SET suspended_at = NULL")
    await _ask_until(client, path, headers, has_queries=False)
    assert (await client.get("/health/ready")).json()["access_cache"] == "listening"
    await execute("UPDATE tochka.tenants SET suspended_at = now()")
    await answers(403, path, headers=headers)


async def _ask_until(client, path, headers, *, has_queries):
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            with counted() as seen:
                assert (await client.get(path, headers=headers)).status_code == 200
            if bool(seen) == has_queries:
                return
            await asyncio.sleep(0.001)
