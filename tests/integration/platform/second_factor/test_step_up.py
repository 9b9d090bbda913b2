"""Proving it again, and removing another's."""

import asyncio

import pytest
from tochka_core.app import create_app
from tochka_core.http.in_process import concurrent_client

LOGIN = "/api/v1/auth/login"
STEP_UP = "/api/v1/auth/step-up"
FACTOR = "/api/v1/auth/second-factor"
ME = "/api/v1/users/me"
PASSWORD = "correct horse battery"


async def test_the_platform_removes_it_for_who_has_lost_the_phone(client, enrol, master, sql):
    app = await enrol()
    path = f"/api/v1/users/{app.person.id}/second-factor"
    challenge, code = await app.challenge(), await app.code()
    assert (await client.delete(path, headers=master.headers)).status_code == 204
    assert (await client.get(ME, headers=app.person.headers)).status_code == 401
    assert (await app.answer(challenge, code)).status_code == 401
    body = {"phone": app.person.phone, "password": PASSWORD}
    assert "access_token" in (await client.post(LOGIN, json=body)).json()
    assert (await client.delete(path, headers=master.headers)).status_code == 404
    told = await sql("SELECT actor, detail FROM tochka.audit_log WHERE action LIKE '%.removed'")
    assert told.one() == (master.id, {"user": str(app.person.id)})


async def test_nobody_else_removes_it(client, enrol, register):
    app = await enrol()
    path = f"/api/v1/users/{app.person.id}/second-factor"
    for person in (await register(), app.person):
        assert (await client.delete(path, headers=person.headers)).status_code == 403
    assert (await app.answer(await app.challenge(), await app.code())).status_code == 200


async def test_a_platform_master_needs_a_code_for_their_own(client, enrol, master):
    await enrol(master)
    path = f"/api/v1/users/{master.id}/second-factor"
    answer = await client.delete(path, headers=master.headers)
    assert answer.status_code == 409
    assert (await client.get(FACTOR, headers=master.headers)).json()["is_enrolled"] is True


async def test_what_asks_for_a_fresh_proof_is_open_after_a_step_up(client, enrol, master, sql):
    own, app = await enrol(master), await enrol()
    path = f"/api/v1/users/{app.person.id}/second-factor"
    await sql("UPDATE tochka.sessions SET stepped_up_at = now() - interval '1 day'")
    refused = await client.delete(path, headers=master.headers)
    assert refused.status_code == 403
    assert refused.json()["step_up"] == STEP_UP
    assert refused.json()["max_age_seconds"] == 300
    assert (await own.post(STEP_UP, "000000")).status_code == 400
    assert (await client.delete(path, headers=master.headers)).status_code == 403
    assert (await own.post(STEP_UP, await own.code())).status_code == 204
    assert (await client.delete(path, headers=master.headers)).status_code == 204


@pytest.fixture
async def other(settings, notes):
    """Another worker."""
    async with concurrent_client(create_app(settings, [notes])) as other:
        yield other


async def test_a_step_up_is_soon_known_to_the_other_workers(other, enrol, master, sql):
    own, body = await enrol(master), {"is_active": True}
    path = f"/api/v1/users/{(await enrol()).person.id}"

    async def comes_to(status):
        async with asyncio.timeout(30):
            answer = await other.patch(path, json=body, headers=master.headers)
            while answer.status_code != status:
                answer = await other.patch(path, json=body, headers=master.headers)

    await comes_to(200)
    await sql("UPDATE tochka.sessions SET stepped_up_at = now() - interval '1 day'")
    await comes_to(403)
    assert (await own.post(STEP_UP, await own.code())).status_code == 204
    await comes_to(200)


async def test_a_step_up_holds_for_one_session(client, enrol, master, sql):
    own = await enrol(master)
    answer = await own.answer(await own.challenge(), await own.code())
    other = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    await sql("UPDATE tochka.sessions SET stepped_up_at = now() - interval '1 day'")
    assert (await own.post(STEP_UP, await own.code())).status_code == 204
    path = f"/api/v1/users/{(await enrol()).person.id}/second-factor"
    assert (await client.delete(path, headers=other)).status_code == 403
    assert (await client.delete(path, headers=master.headers)).status_code == 204
