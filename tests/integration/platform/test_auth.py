"""Registering, signing in, and what a token is worth."""

import asyncio
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from sqlalchemy import text

REGISTER, LOGIN, ME = "/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/users/me"
PASSWORD = "correct horse battery"


async def test_who_registers_can_sign_in_and_see_themselves(client):
    body = {"phone": "8 (912) 345-67-89", "password": PASSWORD}
    made = await client.post(REGISTER, json=body)
    assert made.status_code == 201
    assert made.json()["phone"] == "+79123456789"
    assert made.json()["role"] == "user"
    assert "password" not in made.text

    token = (await client.post(LOGIN, json={**body, "phone": "+79123456789"})).json()
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 900
    me = await client.get(ME, headers={"Authorization": f"Bearer {token['access_token']}"})
    assert me.status_code == 200
    assert me.json() == made.json()


async def test_a_phone_registers_once_also_in_a_race(client, database):
    body = {"phone": "+79123456789", "password": PASSWORD}
    answers = await asyncio.gather(*(client.post(REGISTER, json=body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    async with database.platform_scope(reason="test") as session:
        assert await session.scalar(text("SELECT count(*) FROM tochka.users")) == 1


async def test_a_role_cannot_be_registered(client):
    body = {"phone": "+79123456789", "password": PASSWORD, "role": "platform_master"}
    assert (await client.post(REGISTER, json=body)).status_code == 400


async def test_unknown_phone_wrong_password_and_inactive_user_read_the_same(
    client, register, database
):
    person, inactive = await register(), await register()
    async with database.platform_scope(reason="test") as session:
        await session.execute(
            text("UPDATE tochka.users SET is_active = false WHERE id = :id"), {"id": inactive.id}
        )
    answers = [
        await client.post(LOGIN, json={"phone": phone, "password": password})
        for phone, password in [
            ("+79123456780", PASSWORD),
            (person.phone, "wrong password"),
            (inactive.phone, PASSWORD),
        ]
    ]
    bodies = [{**answer.json(), "request_id": None} for answer in answers]
    assert bodies[0]["status"] == 401
    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize("is_known", [True, False])
async def test_wrong_passwords_for_one_phone_have_to_wait_whether_it_is_known(
    client, register, is_known
):
    phone = (await register()).phone if is_known else "+79123456780"
    wrong = {"phone": phone, "password": "wrong password"}
    answers = [await client.post(LOGIN, json=wrong) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 30
    assert answers[-1].json()["title"] == "Too many requests"
    right = await client.post(LOGIN, json={"phone": phone, "password": PASSWORD})
    assert right.status_code == 429


async def test_who_signs_in_has_all_tries_again(client, register):
    person = await register()
    wrong, right = (
        {"phone": person.phone, "password": password} for password in ("wrong password", PASSWORD)
    )
    for _ in range(3):
        answers = [await client.post(LOGIN, json=body) for body in [wrong] * 4 + [right]]
        assert [answer.status_code for answer in answers] == [401] * 4 + [200]


async def test_a_deactivated_person_loses_access_at_once(client, register, database):
    person = await register()
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("UPDATE tochka.users SET is_active = false"))
    assert (await client.get(ME, headers=person.headers)).status_code == 401


def _forged(settings, person, *, secret=None, **claims):
    now = datetime.now(UTC)
    valid = {
        "iss": "tochka-rosta",
        "aud": "tochka-rosta-api",
        "sub": str(person.id),
        "sid": person.session_id,
        "typ": "access",
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    kept = {name: value for name, value in {**valid, **claims}.items() if value is not None}
    named = {"kid": "jwt_secret"}
    return jwt.encode(kept, secret or settings.jwt_secret, algorithm="HS256", headers=named)


async def test_the_forgery_is_otherwise_sound(client, settings, register):
    token = _forged(settings, await register())
    answer = await client.get(ME, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "flaw",
    [
        {"secret": "another secret of at least 32 bytes"},
        {"exp": datetime(2020, 1, 1, tzinfo=UTC)},
        {"exp": None},
        {"nbf": datetime(2100, 1, 1, tzinfo=UTC)},
        {"aud": "another"},
        {"aud": None},
        {"iss": "another"},
        {"typ": "refresh"},
        {"typ": None},
        {"sub": "nobody"},
        {"sub": None},
        {"sub": "00000000-0000-0000-0000-000000000000"},
        {"sid": "phone"},
        {"sid": None},
        {"sid": "00000000-0000-0000-0000-000000000000"},
    ],
    ids=str,
)
async def test_a_flawed_token_opens_nothing(client, settings, register, flaw):
    token = _forged(settings, await register(), **flaw)
    answer = await client.get(ME, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer a.b.c", "x" * 5000]
)
async def test_anything_but_a_bearer_token_opens_nothing(client, header):
    assert (await client.get(ME, headers={"Authorization": header})).status_code == 401
