"""Staying signed in: a refresh token is good for one use, and a second one gives a theft away."""

import asyncio
import base64

import jwt
import pytest

REFRESH, ME, LOGIN = "/api/v1/auth/refresh", "/api/v1/users/me", "/api/v1/auth/login"
PASSWORD = "correct horse battery"
MANY = 50
LATER = "UPDATE tochka.refresh_families SET rotated_at = rotated_at - interval '11 s'"


@pytest.fixture
def refresh(client):
    """Exchange a refresh token."""

    async def refresh(token):
        return await client.post(REFRESH, json={"refresh_token": token})

    return refresh


@pytest.fixture
def is_signed_in(client):
    """Tell whether an access token opens anything."""

    async def is_signed_in(tokens):
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return (await client.get(ME, headers=headers)).status_code == 200

    return is_signed_in


@pytest.fixture
async def tokens(register, sign_in):
    return await sign_in(await register())


def claims(tokens):
    return jwt.decode(tokens["access_token"], options={"verify_signature": False})


async def test_a_refresh_token_gets_the_next_pair_of_the_same_session(
    tokens, refresh, is_signed_in
):
    pairs = [tokens]
    for _ in range(3):
        answer = await refresh(pairs[-1]["refresh_token"])
        assert answer.status_code == 200
        pairs.append(answer.json())
    assert len({pair["refresh_token"] for pair in pairs}) == 4
    assert len({claims(pair)["jti"] for pair in pairs}) == 4
    assert len({claims(pair)["sid"] for pair in pairs}) == 1
    assert pairs[-1].keys() == tokens.keys() - {"device_token"}
    assert all([await is_signed_in(pair) for pair in pairs])


async def test_what_holds_tokens_is_kept_by_no_cache(client, register, tokens, refresh):
    credentials = {"phone": (await register()).phone, "password": PASSWORD}
    signed_in = await client.post(LOGIN, json=credentials)
    renewed = await refresh(tokens["refresh_token"])
    for answer in (signed_in, renewed):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"


async def test_a_second_tab_gets_the_same_token(tokens, refresh):
    first = (await refresh(tokens["refresh_token"])).json()
    second = (await refresh(tokens["refresh_token"])).json()
    assert first["refresh_token"] == second["refresh_token"]
    assert (await refresh(second["refresh_token"])).status_code == 200


async def test_a_used_token_ends_the_session(tokens, refresh, is_signed_in, change):
    newer = (await refresh(tokens["refresh_token"])).json()
    await change(LATER)
    assert (await refresh(tokens["refresh_token"])).status_code == 401
    assert not await is_signed_in(newer)
    assert (await refresh(newer["refresh_token"])).status_code == 401
    ended = await change("SELECT end_reason FROM tochka.sessions WHERE ended_at IS NOT NULL")
    assert ended.scalars().all() == ["reused"]
    told = await change(
        "SELECT count(*) FROM tochka.audit_log WHERE action = 'user.refresh_token_reused'"
        " AND detail ->> 'user' = (SELECT id::text FROM tochka.users)"
    )
    assert told.scalar() == 1


async def test_a_token_from_before_the_last_is_used_whenever_it_comes(tokens, refresh):
    newer = (await refresh(tokens["refresh_token"])).json()
    newest = (await refresh(newer["refresh_token"])).json()
    assert (await refresh(tokens["refresh_token"])).status_code == 401
    assert (await refresh(newest["refresh_token"])).status_code == 401


async def test_a_theft_ends_no_other_session(register, sign_in, refresh, is_signed_in, change):
    person = await register()
    stolen, other = await sign_in(person), await sign_in(person)
    await refresh(stolen["refresh_token"])
    await change(LATER)
    assert (await refresh(stolen["refresh_token"])).status_code == 401
    assert await is_signed_in(other)
    assert (await refresh(other["refresh_token"])).status_code == 200


OVER = {
    "ended": "UPDATE tochka.sessions SET ended_at = now()",
    "expired": "UPDATE tochka.sessions SET expires_at = now()",
    "idle": "UPDATE tochka.refresh_families SET last_used_at = now() - interval '30 days'",
    "deactivated": "UPDATE tochka.users SET is_active = false",
    "deleted": "DELETE FROM tochka.sessions",
}


@pytest.mark.parametrize("statement", OVER.values(), ids=OVER)
async def test_a_session_that_is_over_is_not_renewed(tokens, refresh, change, statement):
    await change(statement)
    answer = await refresh(tokens["refresh_token"])
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_to_renew_keeps_from_idleness_and_extends_nothing_else(tokens, refresh, change):
    await change(
        "UPDATE tochka.refresh_families SET last_used_at = now() - interval '29 days 23 hours'"
    )
    await change("UPDATE tochka.sessions SET expires_at = now() + interval '5 minutes'")
    expiry = "SELECT max(expires_at) FROM tochka.sessions"
    before = (await change(expiry)).scalar()
    newer = (await refresh(tokens["refresh_token"])).json()
    assert 0 < newer["expires_in"] <= 300
    assert (await change(expiry)).scalar() == before
    idle = await change("SELECT min(now() - last_used_at) FROM tochka.refresh_families")
    assert idle.scalar().days == 0


def _bent(token):
    raw = base64.urlsafe_b64decode(token)
    return base64.urlsafe_b64encode(raw[:16] + bytes(32)).decode()


def _of_nobody(token):
    return base64.urlsafe_b64encode(bytes(48)).decode()


UNKNOWN = {
    "empty": lambda _token: "",
    "cut": lambda token: token[:-1],
    "longer": lambda token: f"{token}=",
    "another alphabet": lambda token: "+/" + token[2:],
    "another script": lambda token: "й" + token[1:],
    "an access token": lambda _token: "eyJhbGciOiJIUzI1NiJ9.e30.x",
    "of nobody": _of_nobody,
}


@pytest.mark.parametrize("unknown", UNKNOWN.values(), ids=UNKNOWN)
async def test_what_is_no_token_of_ours_ends_nothing(tokens, refresh, unknown):
    assert (await refresh(unknown(tokens["refresh_token"]))).status_code == 401
    assert (await refresh(tokens["refresh_token"])).status_code == 200


async def test_who_knows_the_family_and_no_token_of_it_has_an_old_one(tokens, refresh):
    assert (await refresh(_bent(tokens["refresh_token"]))).status_code == 401
    assert (await refresh(tokens["refresh_token"])).status_code == 401


async def test_a_refresh_token_opens_nothing(client, tokens):
    headers = {"Authorization": f"Bearer {tokens['refresh_token']}"}
    assert (await client.get(ME, headers=headers)).status_code == 401


async def test_many_who_renew_at_once_get_one_line_of_tokens(
    tokens, refresh, is_signed_in, change, database
):
    for number in range(3):
        answers = await asyncio.gather(*(refresh(tokens["refresh_token"]) for _ in range(MANY)))
        assert {answer.status_code for answer in answers} == {200}
        successors = {answer.json()["refresh_token"] for answer in answers}
        sessions = {claims(answer.json())["sid"] for answer in answers}
        print(
            f"{MANY} at once, round {number}: {len(successors)} successor, {len(sessions)} session"
        )
        assert len(successors) == len(sessions) == 1
        tokens = answers[-1].json()
    living = "SELECT count(*) FROM tochka.refresh_families f JOIN tochka.sessions s"
    living = await change(f"{living} ON s.id = f.session_id WHERE s.ended_at IS NULL")
    assert living.scalar() == 2
    assert await is_signed_in(tokens)


async def test_many_who_use_a_used_token_at_once_end_one_session_once(tokens, refresh, change):
    newer = (await refresh(tokens["refresh_token"])).json()
    await change(LATER)
    used = [tokens["refresh_token"]] * 20 + [newer["refresh_token"]]
    answers = await asyncio.gather(*(refresh(token) for token in used))
    assert {answer.status_code for answer in answers[:-1]} == {401}
    told = await change("SELECT count(*) FROM tochka.audit_log WHERE action LIKE '%reused'")
    assert told.scalar() == 1


async def test_to_renew_tells_nobody(tokens, refresh, hear):
    async with hear() as heard:
        await refresh(tokens["refresh_token"])
    assert heard == []
