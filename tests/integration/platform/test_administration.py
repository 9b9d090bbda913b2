"""What a `platform_master` sees of people, and does to them."""

import asyncio
from uuid import UUID, uuid4

import pytest
from problems import pointers
from sqlalchemy import text

USERS, LOGIN, ME = "/api/v1/users", "/api/v1/auth/login", "/api/v1/users/me"
PASSWORD = "correct horse battery"


@pytest.fixture
def account(client, master):
    """Return what the platform shows of a person."""

    async def account(person):
        answer = await client.get(f"{USERS}/{person.id}", headers=master.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return account


@pytest.fixture
def switch(client):
    """Let somebody deactivate or activate a person."""

    async def switch(acting, person, *, is_active):
        body = {"is_active": is_active}
        return await client.patch(f"{USERS}/{person.id}", json=body, headers=acting.headers)

    return switch


@pytest.fixture
def done_to(client, master):
    """Return what the audit log says was done to a person, and by whom, the oldest first."""

    async def done_to(person):
        page = await client.get(
            "/api/v1/audit", params={"user_id": person.id}, headers=master.headers
        )
        return [(item["action"], item["actor"]) for item in page.json()["items"]][::-1]

    return done_to


async def sign_in(client, person):
    return await client.post(LOGIN, json={"phone": person.phone, "password": PASSWORD})


async def test_people_are_searched_filtered_ordered_and_paged(client, register, master, switch):
    people = [await register() for _ in range(3)]
    await switch(master, people[1], is_active=False)

    async def found(**query):
        page = await client.get(USERS, params=query, headers=master.headers)
        assert page.status_code == 200, page.text
        return [item["phone"] for item in page.json()["items"]], page.json()["total"]

    phones = [master.phone, *(person.phone for person in people)]
    assert await found(order_by="phone") == (phones, 4)
    assert await found(order_by="-phone", limit=1, offset=1) == ([phones[2]], 4)
    assert await found(search="0 (00-03)") == ([phones[2]], 1)
    assert await found(search="8 (999) 000-00-03") == ([phones[2]], 1)
    assert await found(search="+7 999", is_active="false") == ([phones[2]], 1)
    assert await found(role="platform_master") == ([master.phone], 1)
    assert await found(search="_", is_active="true") == ([], 0)
    bad = await client.get(USERS, params={"order_by": "password_hash"}, headers=master.headers)
    assert pointers(bad) == ["/order_by"]


async def test_nothing_secret_is_shown(client, account, register, database):
    person = await register()
    shown = await account(person)
    assert UUID(shown["id"]) == person.id
    assert shown.keys() == {"id", "phone", "role", "created_at", "is_active"}
    everyone = await client.get(USERS, headers=(await register_master(register, database)).headers)
    assert "hash" not in everyone.text


def register_master(register, database):
    return register("platform_master", database=database)


async def test_who_is_deactivated_is_out_at_once_and_in_again_when_activated(
    client, register, master, *, switch, account, done_to
):
    person = await register()
    off = await switch(master, person, is_active=False)
    assert (off.status_code, off.json()["is_active"]) == (200, False)
    assert (await client.get(ME, headers=person.headers)).status_code == 401
    assert (await sign_in(client, person)).status_code == 401
    assert (await switch(master, person, is_active=False)).status_code == 200
    assert (await switch(master, person, is_active=True)).json()["is_active"] is True
    assert (await client.get(ME, headers=person.headers)).status_code == 401
    assert (await sign_in(client, person)).status_code == 200
    assert (await account(person))["is_active"] is True
    me = str(master.id)
    assert await done_to(person) == [
        ("user.created", None),
        ("user.deactivated", me),
        ("user.sign_in_refused", None),
        ("user.activated", me),
    ]


async def test_nobody_deactivates_themselves(master, switch, register, database, done_to):
    for acting in (master, await register_master(register, database)):
        assert (await switch(acting, acting, is_active=False)).status_code == 409
    assert [action for action, _ in await done_to(master)] == ["user.created"]


async def test_of_masters_who_deactivate_each_other_at_once_one_is_left(
    client, register, master, database, switch
):
    masters = [master, *[await register_master(register, database) for _ in range(3)]]
    tries = [switch(a, b, is_active=False) for a in masters for b in masters if a is not b]
    answers = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert set(answers) <= {200, 401, 403, 409}
    async with database.platform_scope(reason="test") as session:
        left = await session.scalars(
            text("SELECT id FROM tochka.users WHERE role = 'platform_master' AND is_active")
        )
        assert len(left.all()) >= 1


async def test_who_is_kept_out_while_they_wait_keeps_nobody_out(register, master, database, switch):
    """The second of two waits for the first, and is no `platform_master` any more by then."""
    other, person = await register_master(register, database), await register()
    async with database.platform_scope(reason="test") as session:
        await session.execute(
            text("UPDATE tochka.users SET is_active = false WHERE id = :id"), {"id": other.id}
        )
        waiting = asyncio.create_task(switch(other, person, is_active=False))
        await waits_for_a_lock(database)
    assert (await waiting).status_code == 403
    assert (await switch(master, person, is_active=True)).json()["is_active"] is True


async def waits_for_a_lock(database):
    waiting = text("SELECT 1 FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(60):
        while True:
            async with database.platform_scope(reason="test") as session:
                if await session.scalar(waiting):
                    return


async def test_a_person_is_signed_out_everywhere(client, register, master, done_to):
    person, other = await register(), await register()
    second = (await sign_in(client, person)).json()["access_token"]
    path = f"{USERS}/{person.id}/sessions"
    listed = (await client.get(path, headers=master.headers)).json()
    own = (await client.get("/api/v1/auth/sessions", headers=person.headers)).json()
    assert listed["total"] == 2
    assert {item["id"] for item in listed["items"]} == {item["id"] for item in own["items"]}
    assert not any(item["is_current"] for item in listed["items"])
    answer = await client.delete(f"{USERS}/{person.id}/sessions", headers=master.headers)
    assert (answer.status_code, answer.content) == (204, b"")
    for headers in (person.headers, {"Authorization": f"Bearer {second}"}):
        assert (await client.get(ME, headers=headers)).status_code == 401
    assert (await client.get(ME, headers=other.headers)).status_code == 200
    again = await client.delete(path, headers=master.headers)  # there is none to end
    assert again.status_code == 204
    ended = [done for done in await done_to(person) if done[0] == "user.sessions_ended"]
    assert ended == [("user.sessions_ended", str(master.id))]
    assert (await sign_in(client, person)).status_code == 200


async def test_a_password_is_taken_away(client, register, master, done_to):
    person = await register()
    path = f"{USERS}/{person.id}/password-reset"
    answer = await client.post(path, headers=master.headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get(ME, headers=person.headers)).status_code == 401
    assert (await sign_in(client, person)).status_code == 401
    assert ("user.password_voided", str(master.id)) in await done_to(person)
    own = await client.post(f"{USERS}/{master.id}/password-reset", headers=master.headers)
    assert own.status_code == 409
    assert (await sign_in(client, master)).status_code == 200


OPERATIONS = [
    ("GET", "", None),
    ("GET", "/{id}", None),
    ("PATCH", "/{id}", {"is_active": False}),
    ("GET", "/{id}/sessions", None),
    ("DELETE", "/{id}/sessions", None),
    ("POST", "/{id}/password-reset", None),
]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_only_the_platform_administers_people(client, register, master, operation):
    method, path, body = operation
    person, other = await register(), await register()

    async def ask(acting, user_id):
        url = USERS + path.format(id=user_id)
        headers = acting.headers if acting else {}
        return (await client.request(method, url, json=body, headers=headers)).status_code

    assert await ask(None, other.id) == 401
    for user_id in (other.id, person.id, uuid4()):
        assert await ask(person, user_id) == 403
    if path:
        assert await ask(master, uuid4()) == 404


@pytest.mark.parametrize("body", [{}, {"is_active": None}, {"role": "user"}])
async def test_a_change_that_is_none_is_refused(client, register, master, body):
    path = f"{USERS}/{(await register()).id}"
    assert (await client.patch(path, json=body, headers=master.headers)).status_code == 400
