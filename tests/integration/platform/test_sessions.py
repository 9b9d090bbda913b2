"""Where people are signed in, and how that ends."""

import base64
from dataclasses import replace
from uuid import UUID

import pytest
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.sessions.services import end_session, end_sessions

LOGIN, ME = "/api/v1/auth/login", "/api/v1/users/me"
PASSWORD = "correct horse battery"


async def test_each_sign_in_is_a_session_of_its_own(client, register, sign_in, change):
    person = await register()
    again = await sign_in(person, device="A phone\x07 " + "x" * 300)
    for token in (person.token, again["access_token"]):
        me = await client.get(ME, headers={"Authorization": f"Bearer {token}"})
        assert me.status_code == 200
    found = await change("SELECT device, address FROM tochka.sessions ORDER BY id")
    (_, first), (device, address) = found.all()
    assert first == address == "127.0.0.1"
    assert device == ("A phone " + "x" * 300)[:200]


async def test_no_token_lies_in_the_database(register, sign_in, change):
    signed_in = await sign_in(await register())
    kept = (await change("SELECT f.*, s.* FROM tochka.refresh_families f, tochka.sessions s")).all()
    token = base64.urlsafe_b64decode(signed_in["refresh_token"])
    assert len(token) == 48
    for value in (value for row in kept for value in row if isinstance(value, bytes)):
        assert value not in {token, token[:16], token[16:]}


async def test_one_session_ends_and_no_other(client, register, sign_in, database):
    person = await register()
    other = replace(person, token=(await sign_in(person))["access_token"])
    async with database.platform_scope(reason="test") as session:
        assert await end_session(session, UUID(person.session_id), reason="revoked")
    async with database.platform_scope(reason="test") as session:
        assert not await end_session(session, UUID(person.session_id), reason="forced")
    assert await statuses(client, person, other) == [401, 200]


async def test_all_sessions_of_a_person_end_but_one(client, register, sign_in, database):
    stranger, person = await register(), await register()
    others = [replace(person, token=(await sign_in(person))["access_token"]) for _ in range(3)]
    async with database.platform_scope(reason="test") as session:
        but = UUID(others[1].session_id)
        assert await end_sessions(session, person.id, reason="password_changed", but=but) == 3
    assert await statuses(client, person, *others, stranger) == [401, 401, 200, 401, 200]
    async with database.platform_scope(reason="test") as session:
        assert await end_sessions(session, person.id, reason="deactivated") == 1
    assert await statuses(client, others[1], stranger) == [401, 200]


async def statuses(client, *people):
    return [(await client.get(ME, headers=person.headers)).status_code for person in people]


async def test_a_sign_in_tells_nobody(register, sign_in, change, hear):
    """PostgreSQL lets one transaction of the whole server tell at a time."""
    person = await register()
    async with hear() as heard:
        await sign_in(person)
    assert heard == []
    async with hear() as heard:
        await change("UPDATE tochka.sessions SET ended_at = now()")
    assert len(heard) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tochka.users SET is_active = false",
        "UPDATE tochka.users SET password_hash = '$2b$04$' || repeat('.', 53)",
    ],
)
async def test_who_signs_in_during_a_change_gets_no_session(
    client, register, change, monkeypatch, statement
):
    person = await register()
    verify = PasswordHasher.verify

    async def verify_slowly(*arguments, **options):
        matches = await verify(*arguments, **options)
        await change(statement)
        return matches

    monkeypatch.setattr(PasswordHasher, "verify", verify_slowly)
    answer = await client.post(LOGIN, json={"phone": person.phone, "password": PASSWORD})
    assert answer.status_code == 401
    assert (await change("SELECT count(*) FROM tochka.sessions")).scalar() == 1


async def test_who_signs_in_while_their_password_is_hashed_anew_gets_a_session(
    client, register, change, monkeypatch
):
    person, other = await register(), await register()
    verify = PasswordHasher.verify

    async def verify_slowly(*arguments, **options):
        matches = await verify(*arguments, **options)
        await change(
            "UPDATE tochka.users SET password_hash = o.password_hash FROM tochka.users o"
            " WHERE o.id = :other",
            other=other.id,
        )
        return matches

    monkeypatch.setattr(PasswordHasher, "verify", verify_slowly)
    answer = await client.post(LOGIN, json={"phone": person.phone, "password": PASSWORD})
    assert answer.status_code == 200
