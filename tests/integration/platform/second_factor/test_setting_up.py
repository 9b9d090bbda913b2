"""Setting up a second factor, and removing it."""

import asyncio
from collections import Counter

LOGIN = "/api/v1/auth/login"
STEP_UP = "/api/v1/auth/step-up"
FACTOR = "/api/v1/auth/second-factor"
ME = "/api/v1/users/me"
PASSWORD = "correct horse battery"


async def test_who_has_only_begun_signs_in_with_the_password(client, begin, register):
    app = await begin(await register())
    body = {"phone": app.person.phone, "password": PASSWORD}
    assert "access_token" in (await client.post(LOGIN, json=body)).json()
    shown = await client.get(FACTOR, headers=app.person.headers)
    assert shown.json()["is_enrolled"] is False
    assert (await app.post(STEP_UP, app.totp.now())).status_code == 409


async def test_setting_up_needs_the_password(client, register, sql):
    person = await register()
    wrong = await client.post(FACTOR, json={"password": "wrong"}, headers=person.headers)
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["pointer"] == "/password"
    assert (await sql("SELECT count(*) FROM tochka.second_factors")).scalar() == 0


async def test_only_the_secret_that_was_shown_last_is_confirmed(begin, register):
    person = await register()
    first, last = await begin(person), await begin(person)
    wrong = await first.post(f"{FACTOR}/confirm", first.totp.now())
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["pointer"] == "/code"
    assert (await last.post(f"{FACTOR}/confirm", last.totp.now())).status_code == 200


async def test_a_secret_waits_for_its_app_only_for_a_while(begin, register, sql):
    app = await begin(await register())
    await sql("UPDATE tochka.second_factors SET created_at = created_at - interval '16 minutes'")
    assert (await app.post(f"{FACTOR}/confirm", app.totp.now())).status_code == 409


async def test_an_app_that_was_confirmed_is_not_replaced(client, enrol):
    app = await enrol()
    again = await client.post(FACTOR, json={"password": PASSWORD}, headers=app.person.headers)
    assert again.status_code == 409
    assert (await app.post(f"{FACTOR}/confirm", await app.code())).status_code == 409
    assert (await app.answer(await app.challenge(), await app.code())).status_code == 200


async def test_one_of_many_who_confirm_at_once_gets_the_recovery_codes(begin, register, sql):
    app = await begin(await register())
    answers = await asyncio.gather(
        *(app.post(f"{FACTOR}/confirm", app.totp.now()) for _ in range(50))
    )
    assert Counter(answer.status_code for answer in answers) <= Counter({200: 1, 409: 49, 429: 49})
    assert (await sql("SELECT count(*) FROM tochka.recovery_codes")).scalar() == 10


async def test_confirming_ends_the_other_sessions(client, begin, register, status_with):
    app = await begin(await register())
    body = {"phone": app.person.phone, "password": PASSWORD}
    other = await client.post(LOGIN, json=body)
    assert await status_with(other) == 200
    assert (await app.post(f"{FACTOR}/confirm", app.totp.now())).status_code == 200
    assert await status_with(other) == 401
    assert (await client.get(ME, headers=app.person.headers)).status_code == 200


async def test_live_sessions_know_of_a_proof_as_long_as_there_is_a_second_factor(enrol, sql):
    live = (
        "SELECT DISTINCT stepped_up_at > now() - interval '1 minute' FROM tochka.sessions"
        " WHERE ended_at IS NULL"
    )
    app = await enrol()
    assert (await sql(live)).scalars().all() == [True]
    await app.answer(await app.challenge(), await app.code())
    assert (await sql(live)).scalars().all() == [True]
    await app.post(f"{FACTOR}/remove", await app.code())
    assert (await sql(live)).scalars().all() == [None]


async def test_whose_it_is_gets_a_message(client, enrol, master, inbox):
    app = await enrol()
    assert (await inbox.next()).phone == app.person.phone
    assert (await app.post(f"{FACTOR}/remove", await app.code())).status_code == 204
    assert (await inbox.next()).phone == app.person.phone
    other = await enrol()
    assert (await inbox.next()).phone == other.person.phone
    path = f"/api/v1/users/{other.person.id}/second-factor"
    assert (await client.delete(path, headers=master.headers)).status_code == 204
    assert (await inbox.next()).phone == other.person.phone
    assert inbox.is_empty


async def test_who_signs_in_while_it_is_confirmed_has_no_session_without_a_code(
    client, begin, register, status_with
):
    app = await begin(await register())
    body = {"phone": app.person.phone, "password": PASSWORD}
    *answers, confirmed = await asyncio.gather(
        *(client.post(LOGIN, json=body) for _ in range(8)),
        app.post(f"{FACTOR}/confirm", app.totp.now()),
    )
    assert confirmed.status_code == 200
    tokens = [answer for answer in answers if "access_token" in answer.json()]
    assert [await status_with(answer) for answer in tokens] == [401] * len(tokens)


async def test_new_recovery_codes_replace_the_old_ones(enrol):
    app = await enrol()
    made = await app.post(f"{FACTOR}/recovery-codes", await app.code())
    assert made.status_code == 201
    new = made.json()["recovery_codes"]
    assert len({*new, *app.recovery_codes}) == 20
    challenge = await app.challenge()
    assert (await app.answer(challenge, app.recovery_codes[0])).status_code == 401
    assert (await app.answer(challenge, new[0])).status_code == 200


async def test_who_removes_it_signs_in_with_the_password_and_nowhere_else(
    client, enrol, sql, status_with
):
    app = await enrol()
    other = await app.answer(await app.challenge(), await app.code())
    assert (await app.post(f"{FACTOR}/remove", "000000")).status_code == 400
    assert (await app.post(f"{FACTOR}/remove", await app.code())).status_code == 204
    assert await status_with(other) == 401
    body = {"phone": app.person.phone, "password": PASSWORD}
    assert "access_token" in (await client.post(LOGIN, json=body)).json()
    assert (await app.post(f"{FACTOR}/remove", app.totp.now())).status_code == 409
    assert (await sql("SELECT count(*) FROM tochka.recovery_codes")).scalar() == 0


async def test_what_is_done_to_it_is_audited_without_secrets(client, enrol, sql):
    app = await enrol()
    challenge = await app.challenge()
    await app.answer(challenge, "000000")
    await app.answer(challenge, app.recovery_codes[0])
    await app.post(f"{FACTOR}/recovery-codes", await app.code())
    await app.post(f"{FACTOR}/remove", await app.code())
    told = (await sql("SELECT action, actor, detail FROM tochka.audit_log ORDER BY id")).all()
    acts = [row for row in told if row.action.startswith("second_factor.")]
    assert [row.action.partition(".")[2] for row in acts] == [
        "enrolled",
        "refused",
        "recovery_code_used",
        "recovery_codes_renewed",
        "removed",
    ]
    assert acts.pop(1).detail == {"user": str(app.person.id)}
    assert {row.actor for row in acts} == {app.person.id}
