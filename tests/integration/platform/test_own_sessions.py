"""What a person sees of their sessions, and ends."""

from dataclasses import replace

import pytest

SESSIONS, LOGOUT, ME = "/api/v1/auth/sessions", "/api/v1/auth/logout", "/api/v1/users/me"


@pytest.fixture
async def devices(register, sign_in):
    """A person on three devices."""
    person = await register()
    names = ("phone", "tablet")
    return [
        person,
        *[
            replace(person, token=(await sign_in(person, device=name))["access_token"])
            for name in names
        ],
    ]


@pytest.fixture
def statuses(client):
    async def statuses(people):
        return [(await client.get(ME, headers=person.headers)).status_code for person in people]

    return statuses


async def test_a_person_sees_where_they_are_signed_in(client, devices, register):
    await register()
    page = (await client.get(SESSIONS, headers=devices[1].headers)).json()
    assert page["total"] == 3
    assert [item["device"] for item in page["items"]][:2] == ["tablet", "phone"]
    assert [item["is_current"] for item in page["items"]] == [False, True, False]
    assert {item["id"] for item in page["items"]} == {person.session_id for person in devices}
    for item in page["items"]:
        assert item["address"] == item["last_address"] == "127.0.0.1"
        assert item["created_at"] == item["last_seen_at"] < item["expires_at"]


async def test_a_refresh_is_when_a_session_was_last_seen(client, register, sign_in, change):
    person = await register()
    tokens = await sign_in(person)
    await change("UPDATE tochka.refresh_families SET last_used_at = now() - interval '1 day'")
    await client.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    page = (await client.get(SESSIONS, headers=person.headers)).json()
    assert page["items"][0]["device"] == "phone"
    assert page["items"][0]["last_seen_at"] > page["items"][0]["created_at"]
    assert page["items"][1]["last_seen_at"] < page["items"][1]["created_at"]


OVER = {
    "ended": "UPDATE tochka.sessions SET ended_at = now() WHERE device = 'tablet'",
    "expired": "UPDATE tochka.sessions SET expires_at = now() WHERE device = 'tablet'",
    "idle": "UPDATE tochka.refresh_families SET last_used_at = now() - interval '30 days'"
    " WHERE session_id = (SELECT id FROM tochka.sessions WHERE device = 'tablet')",
}


@pytest.mark.parametrize("statement", OVER.values(), ids=OVER)
async def test_a_session_that_is_over_is_not_shown(client, devices, change, statement):
    await change(statement)
    page = (await client.get(SESSIONS, headers=devices[0].headers)).json()
    assert page["total"] == len(page["items"]) == 2
    assert "tablet" not in {item["device"] for item in page["items"]}


async def test_who_signs_out_is_out_at_once_and_on_no_other_device(client, devices, statuses):
    assert (await client.post(LOGOUT, headers=devices[1].headers)).status_code == 204
    assert await statuses(devices) == [200, 401, 200]
    assert (await client.post(LOGOUT, headers=devices[1].headers)).status_code == 401


async def test_one_session_is_revoked(client, devices, statuses):
    path = f"{SESSIONS}/{devices[2].session_id}"
    assert (await client.delete(path, headers=devices[0].headers)).status_code == 204
    assert await statuses(devices) == [200, 200, 401]
    assert (await client.delete(path, headers=devices[0].headers)).status_code == 404


async def test_nobody_revokes_the_session_of_another(client, devices, register, statuses):
    stranger = await register()
    for owner in devices:
        path = f"{SESSIONS}/{owner.session_id}"
        assert (await client.delete(path, headers=stranger.headers)).status_code == 404
    assert (await client.delete(SESSIONS, headers=stranger.headers)).status_code == 204
    assert await statuses([*devices, stranger]) == [200, 200, 200, 401]


async def test_all_others_are_revoked_or_all(client, devices, statuses):
    only_others = {"params": {"but_current": "true"}}
    answer = await client.delete(SESSIONS, headers=devices[1].headers, **only_others)
    assert answer.status_code == 204
    assert await statuses(devices) == [401, 200, 401]
    assert (await client.delete(SESSIONS, headers=devices[1].headers)).status_code == 204
    assert await statuses(devices) == [401, 401, 401]


async def test_each_end_is_in_the_audit_log(client, devices, change):
    await client.delete(f"{SESSIONS}/{devices[2].session_id}", headers=devices[0].headers)
    await client.delete(SESSIONS, headers=devices[0].headers, params={"but_current": "true"})
    await client.post(LOGOUT, headers=devices[0].headers)
    told = await change(
        "SELECT action FROM tochka.audit_log WHERE actor = :id ORDER BY id", id=devices[0].id
    )
    assert told.scalars().all()[-3:] == [
        "user.session_revoked",
        "user.sessions_revoked",
        "user.signed_out",
    ]


async def test_sessions_that_were_over_long_ago_are_forgotten(register, sign_in, change):
    person, other = await register(), await register()
    for _ in range(9):
        await sign_in(person)
    await change("UPDATE tochka.sessions SET ended_at = now() - interval '31 days'")
    counts = []
    for someone in (person, other):
        await sign_in(someone)
        count = "SELECT count(*) FROM tochka.sessions WHERE user_id = :id"
        counts.append((await change(count, id=someone.id)).scalar())
    assert counts == [1, 2]


async def test_who_signs_in_again_and_again_keeps_the_latest_sessions(register, sign_in, change):
    person = await register()
    await change(
        "INSERT INTO tochka.sessions (id, user_id, device, address, expires_at, ended_at)"
        " SELECT gen_random_uuid(), (SELECT id FROM tochka.users), 'many', '',"
        " now() + interval '1 day', CASE WHEN n > 99 THEN now() END"
        " FROM generate_series(1, 120) n"
    )
    await sign_in(person, device="latest")
    kept = await change(
        "SELECT count(*), count(ended_at), count(*) FILTER (WHERE device = 'latest')"
        " FROM tochka.sessions"
    )
    assert kept.one() == (100, 0, 1)
