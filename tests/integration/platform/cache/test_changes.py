"""What a worker knows is true: whatever changes it is in force in all of them."""

import pytest
from executed import executed_or_begun
from sqlalchemy import text

NOTES = "/api/v1/notes"
OPEN = f"{NOTES}/open"
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
    with executed_or_begun() as seen:
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
    with executed_or_begun() as seen:
        assert (await client.get(f"{NOTES}/nothing", **options)).status_code == 200
    assert seen == []


async def test_a_change_is_in_force_for_the_next_request_of_who_makes_it(client, make_tenant):
    owner = await make_tenant("acme")
    switch, path = "/api/v1/tenants/acme/modules/notes", f"{NOTES}/nothing"
    for enabled in [False, True] * 20:
        await client.put(switch, json={"enabled": enabled}, headers=owner.headers)
        answer = await client.get(path, headers=owner.at("acme"))
        assert answer.status_code == (200 if enabled else 404)
