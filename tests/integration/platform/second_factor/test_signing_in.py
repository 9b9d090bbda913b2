"""Between the password and the code."""

import pytest

AUTH = "/api/v1/auth"
LOGIN = "/api/v1/auth/login"
ANSWER = "/api/v1/auth/login/second-factor"
FACTOR = "/api/v1/auth/second-factor"
ME = "/api/v1/users/me"


async def test_a_code_is_asked_for_after_the_password_and_signs_in(client, enrol, status_with):
    app = await enrol()
    answer = await app.answer(await app.challenge(), await app.code())
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert await status_with(answer) == 200
    shown = (await client.get(FACTOR, headers=app.person.headers)).json()
    assert shown["is_enrolled"] is True
    assert shown["recovery_codes_left"] == len(app.recovery_codes) == 10


async def test_a_challenge_opens_nothing(client, enrol):
    challenge = await (await enrol()).challenge()
    bearer = await client.get(ME, headers={"Authorization": f"Bearer {challenge}"})
    assert bearer.status_code == 401
    for token in (challenge, challenge + "A" * 21):  # the latter is as long as one that can be
        refreshed = await client.post(f"{AUTH}/refresh", json={"refresh_token": token})
        assert refreshed.status_code == 401


async def test_a_wrong_password_tells_nothing_of_a_second_factor(client, enrol, register):
    phones = [(await enrol()).person.phone, (await register()).phone, "+79123456780"]
    answers = [
        await client.post(LOGIN, json={"phone": phone, "password": "wrong password"})
        for phone in phones
    ]
    bodies = [{**answer.json(), "request_id": None} for answer in answers]
    assert bodies[0]["status"] == 401
    assert bodies[0] == bodies[1] == bodies[2]


async def test_a_challenge_is_good_once(enrol):
    app = await enrol()
    challenge = await app.challenge()
    assert (await app.answer(challenge, await app.code())).status_code == 200
    again = await app.answer(challenge, await app.code())
    assert again.status_code == 401
    assert again.json()["detail"] == "The challenge is not good any more; sign in again."


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tochka.sign_in_challenges SET expires_at = now()",
        "UPDATE tochka.users SET is_active = false",
        "UPDATE tochka.users SET password_hash = 'another'",
        "DELETE FROM tochka.second_factors",
        "DELETE FROM tochka.users",
    ],
    ids=lambda change: change.partition("tochka.")[2],
)
async def test_a_challenge_is_void_when_something_has_changed(enrol, sql, change):
    app = await enrol()
    challenge, code = await app.challenge(), await app.code()
    await sql(change)
    answer = await app.answer(challenge, code)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The challenge is not good any more; sign in again."


@pytest.mark.parametrize("challenge", ["", "x", "Ж" * 43, "a" * 43])
async def test_what_is_no_challenge_is_refused(client, challenge):
    answer = await client.post(ANSWER, json={"challenge": challenge, "code": "123456"})
    assert answer.status_code == 401


async def test_expired_challenges_do_not_pile_up(enrol, sql):
    app = await enrol()
    for _ in range(3):
        await app.challenge()
    await sql("UPDATE tochka.sign_in_challenges SET expires_at = now()")
    await app.challenge()
    assert (await sql("SELECT count(*) FROM tochka.sign_in_challenges")).scalar() == 1
