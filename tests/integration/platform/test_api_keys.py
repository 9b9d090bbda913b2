"""API keys: what one opens, for how long, and that it never opens more than its maker may give."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from problems import pointers
from sqlalchemy import text
from tochka_core.api_keys import services
from tochka_core.api_keys.uses import KeyUses
from tochka_core.conformance.leaks import operations
from waiting import DEADLINE_SECONDS, eventually

TENANT = "/api/v1/tenants/acme"
KEYS = f"{TENANT}/api-keys"
GUARDED = "/api/v1/notes/guarded"
"""Needs notes:write."""
WRITE, PURGE, MANAGE = "notes:write", "notes:purge", "tenants:manage_api_keys"


def bearing(key, **more):
    return {"Authorization": f"Bearer {key}", **more}


@pytest.fixture
def make(client):
    """Make a key of acme; return the answer."""

    async def make(acting, *permissions, **fields):
        body = {"name": "Billing", "permissions": permissions, **fields}
        return await client.post(KEYS, json=body, headers=acting.headers)

    return make


@pytest.fixture
def opened(client):
    """Return what a key is answered: a status, at a route that asks for notes:write."""

    async def opened(key, **headers):
        return (await client.get(GUARDED, headers=bearing(key, **headers))).status_code

    return opened


@pytest.fixture
def execute(database):
    """Run SQL in the scope of the platform."""

    async def execute(statement, **parameters):
        async with database.platform_scope(reason="test") as session:
            return await session.execute(text(statement), parameters)

    return execute


async def test_a_key_opens_what_it_holds_and_shows_its_secret_once(
    client, make_tenant, make, execute
):
    owner = await make_tenant("acme")
    made = await make(owner, WRITE, "notes:read", WRITE)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    shown = made.json()
    key = shown.pop("key")
    assert shown["permissions"] == ["notes:read", WRITE]
    assert shown["created_by"] == str(owner.id)
    assert key.startswith(shown["prefix"] + "_")
    held = await client.get(GUARDED, headers=bearing(key))
    assert (held.status_code, held.json()) == (200, ["notes:read", WRITE])
    listed = (await client.get(KEYS, headers=owner.headers)).json()
    assert listed["total"] == 1
    assert {**listed["items"][0], "last_used_at": None} == shown
    row = str((await execute("SELECT to_jsonb(k) FROM tochka.api_keys k")).all())
    assert key.removeprefix(shown["prefix"]) not in row


async def test_a_key_opens_nothing_that_needs_a_person_or_names_no_permission(
    client, make_tenant, make
):
    owner = await make_tenant("acme")
    catalog = (await client.get(f"{TENANT}/permissions", headers=owner.headers)).json()
    made = (await make(owner, *(item["name"] for item in catalog))).json()
    document = (await client.get("/schema/openapi.json", headers=bearing(made["key"]))).json()
    tried = []
    for operation in operations(document):
        named = dict.fromkeys(operation.path_parameters, str(owner.id))
        path = operation.path.format(**{**named, "name": "acme"})
        headers = bearing(made["key"], **{"X-Tenant": "acme"})
        answer = await client.request(operation.method, path, json={}, headers=headers)
        is_person_needed = answer.status_code == 403 and "person" in answer.json()["detail"]
        if not is_person_needed:
            tried.append((operation.path, answer.status_code))
    anonymous = {
        path
        for path, status in tried
        if path.startswith(("/health", "/metrics", "/api/v1/auth")) or path.endswith("/open")
    }
    others = {path for path, _ in tried} - anonymous
    assert others == {GUARDED, "/api/v1/notes/purge", "/api/v1/notes/settings"}
    keys = (await client.get(KEYS, headers=owner.headers)).json()
    assert (keys["total"], keys["items"][0]["revoked_at"]) == (1, None)


async def test_all_that_is_no_key_any_more_reads_the_same(
    client, make_tenant, make, join, *, execute, master
):
    owner = await make_tenant("acme")
    admins = [await join("admin") for _ in range(2)]
    good, revoked, expired, left, deactivated = [
        (await make(maker, WRITE)).json() for maker in (owner, owner, owner, *admins)
    ]
    for key in (good, revoked, expired, left, deactivated):
        assert (await client.get(GUARDED, headers=bearing(key["key"]))).status_code == 200
    gone = await client.delete(f"{KEYS}/{revoked['id']}", headers=owner.headers)
    assert gone.status_code == 204
    await execute("UPDATE tochka.api_keys SET expires_at = now() WHERE id = :id", id=expired["id"])
    await client.delete(f"{TENANT}/members/{admins[0].id}", headers=admins[0].headers)
    switch = {"is_active": False}
    path = f"/api/v1/users/{admins[1].id}"
    await client.patch(path, json=switch, headers=master.headers)
    text = good["key"]
    other = "A" if text[-1] != "A" else "B"
    told = []
    for wrong in (
        *(key["key"] for key in (revoked, expired, left, deactivated)),
        text[:-1] + other,
        text[:3] + "0" * 16 + text[19:],
        good["prefix"],
        "tk_",
        f"{text}A",
        text[:-1],
        text[:19] + "-" + text[20:],
        text[:-1] + "*",
    ):
        answer = await client.get(GUARDED, headers=bearing(wrong))
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        told.append((answer.status_code, {**answer.json(), "request_id": None}))
    bad = await client.get(GUARDED, headers=bearing("a.b.c"))
    assert bad.status_code == 401
    assert [document for document in told if document != told[0]] == []
    assert {**told[0][1], "detail": None} == {**bad.json(), "request_id": None, "detail": None}
    assert (await client.get(GUARDED, headers=bearing(text))).status_code == 200


async def test_a_key_chooses_its_own_tenant_and_no_other(client, make_tenant, make, opened):
    owner = await make_tenant("acme", domain="acme.example.com")
    await make_tenant("globex", domain="globex.example.com")
    key = (await make(owner, WRITE)).json()["key"]
    for own in ({}, {"X-Tenant": "acme"}, {"Host": "acme.example.com"}, {"Host": "localhost:1"}):
        assert await opened(key, **own) == 200, own
    assert await opened(key, Host="nobodys.example.com") == 200
    assert await opened(key, Host="globex.example.com") == 400
    assert await opened(key, Host="acme.example.com", **{"X-Tenant": "globex"}) == 400
    told = []
    for name in ("globex", "nowhere"):
        answer = await client.get(GUARDED, headers=bearing(key, **{"X-Tenant": name}))
        told.append((answer.status_code, pointers(answer), answer.json()["detail"]))
    assert told[0] == told[1]
    assert told[0][:2] == (400, ["/X-Tenant"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE tochka.tenants SET suspended_at = now()", 403),
        ("UPDATE tochka.tenants SET purge_after = now()", 403),
        ("DELETE FROM tochka.tenant_modules", 404),
        ("DELETE FROM tochka.tenants", 401),
    ],
)
async def test_it_goes_with_its_tenant(make_tenant, make, opened, execute, *, change, status):
    key = (await make(await make_tenant("acme"), WRITE)).json()["key"]
    assert await opened(key) == 200
    await execute(change)

    async def is_told():
        return await opened(key) == status

    await eventually(is_told)


async def test_nobody_makes_a_key_that_holds_more_than_they_do(
    client, make_tenant, make, join, *, define_role, master
):
    owner = await make_tenant("acme")
    await define_role(owner, "keeper", MANAGE, "notes:read")
    keeper, member = await join("keeper"), await join()
    refused = await make(keeper, WRITE, "notes:read", "tenants:manage_roles")
    assert refused.status_code == 403
    assert refused.json()["permissions"] == [WRITE, "tenants:manage_roles"]
    assert (await make(keeper, "notes:read")).status_code == 201
    assert (await make(member)).json()["permission"] == MANAGE
    for method, path in (("GET", KEYS), ("DELETE", f"{KEYS}/{owner.id}")):
        answer = await client.request(method, path, headers=member.headers)
        assert answer.json()["permission"] == MANAGE
    # Who is no member never leaves, and nothing would end the key.
    assert (await make(master, "notes:read")).status_code == 403


async def test_a_key_shrinks_with_what_its_maker_may_give(
    client, make_tenant, make, join, define_role
):
    owner = await make_tenant("acme")
    await define_role(owner, "keeper", MANAGE, WRITE, "notes:read")
    maker = await join("keeper")
    key = (await make(maker, WRITE, "notes:read")).json()["key"]

    async def found():
        answer = await client.get(GUARDED, headers=bearing(key))
        listed = (await client.get(KEYS, headers=owner.headers)).json()["items"][0]
        return answer.status_code, listed["without_effect"]

    roles = f"{TENANT}/roles/keeper"
    assert await found() == (200, [])
    for permissions, expected in (
        ([MANAGE, "notes:read"], (403, [WRITE])),
        ([WRITE], (200, ["notes:read"])),
    ):
        body = {"permissions": permissions}
        assert (await client.patch(roles, json=body, headers=owner.headers)).status_code == 200
        assert await found() == expected
    place = f"{TENANT}/members/{maker.id}"
    for role, expected in (("member", (403, [WRITE])), ("admin", (200, []))):
        await client.patch(place, json={"role": role}, headers=owner.headers)
        assert await found() == expected
    await client.put(f"{TENANT}/modules/notes", json={"enabled": False}, headers=owner.headers)
    assert await found() == (404, ["notes:read", WRITE])
    await client.put(f"{TENANT}/modules/notes", json={"enabled": True}, headers=owner.headers)
    await client.delete(place, headers=owner.headers)
    assert await found() == (401, ["notes:read", WRITE])


async def test_an_owners_key_may_hold_what_no_role_does_by_default(
    client, make_tenant, make, join, define_role
):
    owner = await make_tenant("acme")
    await define_role(owner, "keeper", MANAGE, PURGE)
    for maker in (owner, await join("keeper")):
        headers = bearing((await make(maker, PURGE)).json()["key"])
        done = await client.post("/api/v1/notes/purge", json={"text": "x"}, headers=headers)
        assert done.status_code == 201
    assert (await make(await join("admin"), PURGE)).status_code == 403


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"permissions": ["notes:read", "notes:none"]}, "/permissions/1"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2100-01-01T00:00:00"}, "/expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "/expires_at"),
        ({"expires_at": "9999-12-31T23:59:59.999999Z"}, "/expires_at"),
        ({"tenant_id": "01a20f4d-ab2c-756d-bdb6-827936cd11fe"}, "/tenant_id"),
    ],
)
async def test_a_field_that_is_wrong_is_named(make_tenant, make, fields, pointer):
    refused = await make(await make_tenant("acme"), **{"permissions": ["notes:read"], **fields})
    assert refused.status_code == 400
    assert pointers(refused) == [pointer]


async def test_a_key_expires_by_the_clock(client, make_tenant, make, opened, execute):
    owner = await make_tenant("acme")
    soon = datetime.now(UTC) + timedelta(days=1)
    made = (await make(owner, WRITE, expires_at=soon.isoformat())).json()
    assert datetime.fromisoformat(made["expires_at"]) == soon
    assert await opened(made["key"]) == 200
    nearly = datetime.now(UTC) + timedelta(seconds=0.5)
    await execute("UPDATE tochka.api_keys SET expires_at = :at", at=nearly)

    async def is_over():
        return await opened(made["key"]) == 401

    await eventually(is_over)
    assert datetime.now(UTC) >= nearly


async def test_when_the_answer_to_a_revocation_is_there_the_key_opens_nothing(
    client, make_tenant, make, opened
):
    owner = await make_tenant("acme")
    made = (await make(owner, WRITE)).json()
    is_used, revoked = asyncio.Event(), asyncio.Event()
    seen = {False: set(), True: set()}

    async def use():
        for _ in range(5):
            while not revoked.is_set():
                seen[False].add(await opened(made["key"]))
                is_used.set()
                # A key that is known needs nothing that is waited for.
                await asyncio.sleep(0)
            seen[True].add(await opened(made["key"]))

    async def revoke():
        await is_used.wait()
        gone = await client.delete(f"{KEYS}/{made['id']}", headers=owner.headers)
        assert gone.status_code == 204
        revoked.set()

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(use())
        group.create_task(revoke())
    assert 200 in seen[False]
    assert seen[True] == {401}
    again = await client.delete(f"{KEYS}/{made['id']}", headers=owner.headers)
    assert again.status_code == 204
    (listed,) = (await client.get(KEYS, headers=owner.headers)).json()["items"]
    assert listed["revoked_by"] == str(owner.id)
    log = (await client.get(f"{TENANT}/audit", headers=owner.headers)).json()["items"]
    told = [(entry["action"], entry["detail"]["prefix"]) for entry in log[:2]]
    assert told == [("api_key.revoked", made["prefix"]), ("api_key.made", made["prefix"])]


async def test_of_those_who_make_the_last_key_at_once_one_succeeds(
    make_tenant, make, join, monkeypatch
):
    monkeypatch.setattr(services, "MAX_KEYS", 3)
    owner = await make_tenant("acme")
    makers = [owner, await join("admin")] * 4
    answers = await asyncio.gather(*(make(maker, WRITE) for maker in makers))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
    assert len({answer.json()["prefix"] for answer in answers if answer.is_success}) == 3


async def test_what_is_revoked_or_expired_makes_room(
    client, make_tenant, make, execute, monkeypatch
):
    monkeypatch.setattr(services, "MAX_KEYS", 1)
    owner = await make_tenant("acme")
    made = (await make(owner, WRITE)).json()
    assert (await make(owner, WRITE)).status_code == 409
    await client.delete(f"{KEYS}/{made['id']}", headers=owner.headers)
    assert (await make(owner, WRITE)).status_code == 201
    await execute("UPDATE tochka.api_keys SET expires_at = now()")
    assert (await make(owner, WRITE)).status_code == 201
    assert (await client.get(KEYS, headers=owner.headers)).json()["total"] == 3


async def test_when_a_key_was_last_used_is_known(client, make_tenant, make, opened):
    owner = await make_tenant("acme")
    made = (await make(owner, WRITE)).json()
    assert made["last_used_at"] is None
    for _ in range(3):
        assert await opened(made["key"]) == 200

    async def is_known():
        (listed,) = (await client.get(KEYS, headers=owner.headers)).json()["items"]
        return listed["last_used_at"] is not None

    await eventually(is_known)


async def test_who_holds_the_row_of_one_key_keeps_no_other_from_being_noted(
    database, make_tenant, make
):
    owner = await make_tenant("acme")
    held, free = [UUID((await make(owner, WRITE)).json()["id"]) for _ in range(2)]
    uses = KeyUses(database)
    row = text("SELECT last_used_at FROM tochka.api_key_uses WHERE key_id = :key FOR UPDATE")
    async with database.platform_scope(reason="test") as holder:
        (tenant,) = (await holder.execute(text("SELECT id FROM tochka.tenants"))).scalars()
        await holder.execute(row, {"key": held})
        async with asyncio.timeout(DEADLINE_SECONDS), uses.running():
            uses.note(tenant, held)
            uses.note(tenant, free)
        async with database.platform_scope(reason="test") as session:
            assert await session.scalar(row, {"key": free}) is not None


async def test_another_tenants_keys_are_none(client, make_tenant, make):
    made = (await make(await make_tenant("acme"), WRITE)).json()
    thief = await make_tenant("globex")
    for tenant in ("acme", "globex"):
        path = f"/api/v1/tenants/{tenant}/api-keys/{made['id']}"
        assert (await client.delete(path, headers=thief.headers)).status_code == 404
    assert (await client.get(KEYS, headers=thief.headers)).status_code == 404
