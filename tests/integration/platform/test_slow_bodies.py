"""A request that has begun before somebody was kept out does nothing after."""

import json

import pytest
from tochka_core.http import access

CHANGE, LOGIN, SESSIONS = (
    f"/api/v1/auth/{path}" for path in ("password/change", "login", "sessions")
)
PASSWORD, NEW = "correct horse battery", "staple staple staple"


@pytest.fixture(autouse=True)
def _slow(monkeypatch):
    monkeypatch.setattr(access, "SLOW_SECONDS", 0)


@pytest.fixture
def send(client):
    """Send a body in two parts, with something else in between."""

    async def send(method, path, body, headers, *, meanwhile):
        written = json.dumps(body).encode()

        async def parts():
            yield written[:1]
            done = await meanwhile()
            assert done.is_success, done.text
            yield written[1:]

        headers = {**headers, "Content-Type": "application/json"}
        return await client.request(method, path, content=parts(), headers=headers)

    return send


async def test_a_session_that_ends_while_the_body_comes_changes_no_password(client, register, send):
    person = await register()
    credentials = {"phone": person.phone, "password": PASSWORD}
    other = (await client.post(LOGIN, json=credentials)).json()["access_token"]

    async def end_all():
        return await client.delete(SESSIONS, headers={"Authorization": f"Bearer {other}"})

    body = {"current_password": PASSWORD, "password": NEW}
    answer = await send("POST", CHANGE, body, person.headers, meanwhile=end_all)
    assert answer.status_code == 401
    assert (await client.post(LOGIN, json=credentials)).status_code == 200


async def test_who_gets_another_role_while_the_body_comes_has_to_send_it_again(
    client, make_tenant, join, send
):
    owner = await make_tenant("acme")
    member = await join()

    async def promote():
        path = f"/api/v1/tenants/acme/members/{member.id}"
        return await client.patch(path, json={"role": "admin"}, headers=owner.headers)

    answer = await send(
        "POST", "/api/v1/notes", {"text": "late"}, member.at("acme"), meanwhile=promote
    )
    assert answer.status_code == 409


async def test_who_is_kept_out_by_nobody_may_take_their_time(register, send, client):
    person, another = await register(), await register()

    async def end_others():
        return await client.delete(SESSIONS, headers=another.headers)

    body = {"current_password": PASSWORD, "password": NEW}
    answer = await send("POST", CHANGE, body, person.headers, meanwhile=end_others)
    assert answer.status_code == 204
