"""A second factor: set up, asked for, proved again, removed."""

import asyncio
from collections import Counter

import msgspec
import pyotp
import pytest
import structlog
from in_process import concurrent_client
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.diagnosis import _judge_keys
from tochka_core.encryption.keys import read_encryption_keys
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.encryption.usage import renew_secrets
from tochka_core.second_factor.factors import find_factor, use_app_code
from tochka_core.second_factor.recovery_codes import use_code

AUTH = "/api/v1/auth"
LOGIN, ANSWER, STEP_UP = f"{AUTH}/login", f"{AUTH}/login/second-factor", f"{AUTH}/step-up"
FACTOR, ME = f"{AUTH}/second-factor", "/api/v1/users/me"
PASSWORD = "correct horse battery"
NEW_KEY = "a1" * 32


@pytest.fixture
def sql(database):
    """Change something behind the platform's back."""

    async def sql(statement, **parameters):
        async with database.platform_scope(reason="test") as session:
            return await session.execute(text(statement), parameters)

    return sql


class App:
    """An authenticator app, with a person who has set it up."""

    def __init__(self, client, person, secret, sql):
        self._client = client
        self._sql = sql
        self.person = person
        self.totp = pyotp.TOTP(secret)
        self.recovery_codes = []

    async def code(self):
        """A code that is good; that others of this minute were used is forgotten."""
        await self._sql(
            "UPDATE tochka.second_factors SET last_step = 0 WHERE user_id = :id", id=self.person.id
        )
        return self.totp.now()

    async def challenge(self):
        answer = await self._client.post(
            LOGIN, json={"phone": self.person.phone, "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"challenge", "expires_in"}
        return answer.json()["challenge"]

    async def answer(self, challenge, code):
        return await self._client.post(ANSWER, json={"challenge": challenge, "code": code})

    async def post(self, path, code):
        return await self._client.post(path, json={"code": code}, headers=self.person.headers)


@pytest.fixture
def begin(client, sql):
    """Let a person begin to set up an app."""

    async def begin(person):
        begun = await client.post(FACTOR, json={"password": PASSWORD}, headers=person.headers)
        assert begun.status_code == 201, begun.text
        app = App(client, person, begun.json()["secret"], sql)
        assert pyotp.parse_uri(begun.json()["uri"]).secret == app.totp.secret
        return app

    return begin


@pytest.fixture
def enrol(begin, register):
    """Make a person with a second factor; return the app."""

    async def enrol(person=None):
        app = await begin(person or await register())
        confirmed = await app.post(f"{FACTOR}/confirm", app.totp.now())
        assert confirmed.status_code == 200, confirmed.text
        app.recovery_codes += confirmed.json()["recovery_codes"]
        return app

    return enrol


async def signed_in(client, answer):
    """Return the status of a request with the tokens that *answer* brings."""
    token = answer.json()["access_token"]
    return (await client.get(ME, headers={"Authorization": f"Bearer {token}"})).status_code


async def test_a_code_is_asked_for_after_the_password_and_signs_in(client, enrol):
    app = await enrol()
    answer = await app.answer(await app.challenge(), await app.code())
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert await signed_in(client, answer) == 200
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


async def test_confirming_ends_the_other_sessions(client, begin, register):
    app = await begin(await register())
    body = {"phone": app.person.phone, "password": PASSWORD}
    other = await client.post(LOGIN, json=body)
    assert await signed_in(client, other) == 200
    assert (await app.post(f"{FACTOR}/confirm", app.totp.now())).status_code == 200
    assert await signed_in(client, other) == 401
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
    client, begin, register
):
    app = await begin(await register())
    body = {"phone": app.person.phone, "password": PASSWORD}
    *answers, confirmed = await asyncio.gather(
        *(client.post(LOGIN, json=body) for _ in range(8)),
        app.post(f"{FACTOR}/confirm", app.totp.now()),
    )
    assert confirmed.status_code == 200
    tokens = [answer for answer in answers if "access_token" in answer.json()]
    assert [await signed_in(client, answer) for answer in tokens] == [401] * len(tokens)


async def test_the_code_that_has_confirmed_does_not_sign_in(begin, register):
    app = await begin(await register())
    code = app.totp.now()
    assert (await app.post(f"{FACTOR}/confirm", code)).status_code == 200
    assert (await app.answer(await app.challenge(), code)).status_code == 401


async def test_no_code_is_good_twice(enrol):
    app = await enrol()
    code = await app.code()
    challenges = [await app.challenge() for _ in range(2)]
    assert (await app.answer(challenges[0], code)).status_code == 200
    again = await app.answer(challenges[1], code)
    assert again.status_code == 401
    assert again.json()["detail"] == "The code is wrong, or was used before."
    assert (await app.answer(challenges[1], await app.code())).status_code == 200


@pytest.mark.parametrize("is_recovery_code", [False, True])
async def test_one_of_fifty_who_use_a_code_at_once_gets_through(
    database, settings, enrol, is_recovery_code
):
    app = await enrol()
    code = app.recovery_codes[0] if is_recovery_code else await app.code()
    ring = EncryptionRing(settings.encryption_ring)

    async def use():
        async with database.platform_scope(reason="test") as session:
            if is_recovery_code:
                return await use_code(session, app.person.id, code)
            factor = await find_factor(session, app.person.id)
            return await use_app_code(session, factor, code, ring)

    assert sum(await asyncio.gather(*(use() for _ in range(50)))) == 1


async def test_a_race_of_fifty_signs_in_once(client, enrol):
    app = await enrol()
    challenge, code = await app.challenge(), await app.code()
    answers = await asyncio.gather(*(app.answer(challenge, code) for _ in range(50)))
    assert sum(answer.status_code == 200 for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 429}


async def test_wrong_codes_are_counted_although_they_are_refused(enrol):
    app = await enrol()
    challenge = await app.challenge()
    answers = await asyncio.gather(*(app.answer(challenge, "000000") for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {401: 5, 429: 45}
    right = await app.answer(await app.challenge(), await app.code())
    assert right.status_code == 429
    assert 0 < int(right.headers["retry-after"]) <= 30


async def test_who_has_a_session_uses_up_no_tries_of_its_owner_at_sign_in(enrol):
    app = await enrol()
    answers = [await app.post(STEP_UP, "000000") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    # Wherever a code is asked for in a session.
    assert (await app.post(f"{FACTOR}/remove", await app.code())).status_code == 429
    assert (await app.answer(await app.challenge(), await app.code())).status_code == 200


async def test_a_right_code_forgets_the_wrong_ones(enrol):
    app = await enrol()
    for _ in range(2):
        challenge = await app.challenge()
        for _ in range(4):
            assert (await app.answer(challenge, "000000")).status_code == 401
        assert (await app.answer(challenge, await app.code())).status_code == 200


async def test_a_recovery_code_signs_in_once_however_it_is_written(client, enrol):
    app = await enrol()
    written = f" {app.recovery_codes[3].lower().replace('-', ' ')}"
    assert (await app.answer(await app.challenge(), written)).status_code == 200
    challenge = await app.challenge()
    assert (await app.answer(challenge, app.recovery_codes[3])).status_code == 401
    assert (await app.answer(challenge, app.recovery_codes[4])).status_code == 200
    shown = (await client.get(FACTOR, headers=app.person.headers)).json()
    assert shown["recovery_codes_left"] == 8


async def test_new_recovery_codes_replace_the_old_ones(enrol):
    app = await enrol()
    made = await app.post(f"{FACTOR}/recovery-codes", await app.code())
    assert made.status_code == 201
    new = made.json()["recovery_codes"]
    assert len({*new, *app.recovery_codes}) == 20
    challenge = await app.challenge()
    assert (await app.answer(challenge, app.recovery_codes[0])).status_code == 401
    assert (await app.answer(challenge, new[0])).status_code == 200


async def test_the_codes_of_another_person_are_worth_nothing(enrol):
    anna, boris = await enrol(), await enrol()
    challenge = await anna.challenge()
    for code in (await boris.code(), boris.recovery_codes[0]):
        assert (await anna.answer(challenge, code)).status_code == 401


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


async def test_who_removes_it_signs_in_with_the_password_and_nowhere_else(client, enrol, sql):
    app = await enrol()
    other = await app.answer(await app.challenge(), await app.code())
    assert (await app.post(f"{FACTOR}/remove", "000000")).status_code == 400
    assert (await app.post(f"{FACTOR}/remove", await app.code())).status_code == 204
    assert await signed_in(client, other) == 401
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


async def test_no_secret_is_in_the_log_or_readable_in_the_database(enrol, sql):
    with structlog.testing.capture_logs() as lines:
        app = await enrol()
        challenge, code = await app.challenge(), await app.code()
        await app.answer(challenge, "000001")
        await app.answer(challenge, code)
        await app.answer(await app.challenge(), app.recovery_codes[0])
    tables = ("second_factors", "recovery_codes", "sign_in_challenges", "audit_log", "throttles")
    rows = [
        str((await sql(f"SELECT json_agg(t) FROM tochka.{table} t")).scalar())  # noqa: S608 - the names above
        for table in tables
    ]
    for place in (str(lines), *rows):
        for secret in (app.totp.secret, challenge, app.recovery_codes[0], app.recovery_codes[1]):
            assert secret not in place
    assert code not in str(lines)
    assert "otpauth" not in str(lines)


async def test_without_keys_nobody_sets_one_up(settings, notes, register):
    person = await register()
    keyless = msgspec.structs.replace(settings, encryption_keys=None)
    async with concurrent_client(create_app(keyless, [notes])) as client:
        answer = await client.post(FACTOR, json={"password": PASSWORD}, headers=person.headers)
    assert answer.status_code == 503
    assert "TOCHKA_ENCRYPTION_KEYS" in answer.json()["detail"]


async def test_a_secret_moved_to_another_person_lets_nobody_in(enrol, sql):
    anna, boris = await enrol(), await enrol()
    await sql(
        "UPDATE tochka.second_factors SET secret = own.secret FROM tochka.second_factors own"
        " WHERE own.user_id = :boris AND second_factors.user_id = :anna",
        anna=anna.person.id,
        boris=boris.person.id,
    )
    challenge = await anna.challenge()
    assert (await anna.answer(challenge, await boris.code())).status_code == 503
    assert (await anna.answer(challenge, anna.recovery_codes[0])).status_code == 200


async def test_secrets_move_to_a_new_key_when_they_are_used_or_all_at_once(
    settings, database, notes, enrol, sql
):
    used, unused = await enrol(), await enrol()
    both = msgspec.structs.replace(
        settings, encryption_keys=f"{NEW_KEY},{settings.encryption_keys}"
    )
    new = msgspec.structs.replace(settings, encryption_keys=NEW_KEY)
    ring = EncryptionRing(both.encryption_ring)
    async with concurrent_client(create_app(both, [notes])) as client:
        used._client = client
        answer = await used.answer(await used.challenge(), await used.code())
        assert answer.status_code == 200
        async with database.platform_scope(reason="test") as session:
            assert await renew_secrets(session, ring) == 1
            assert await renew_secrets(session, ring) == 0
    async with concurrent_client(create_app(new, [notes])) as client:
        for app in (used, unused):
            app._client = client
            assert (await app.answer(await app.challenge(), await app.code())).status_code == 200


async def test_the_doctor_tells_which_keys_secrets_need(settings, engine, enrol):
    await enrol()
    async with engine.connect() as connection:
        (own,) = settings.encryption_ring
        (other,) = read_encryption_keys(NEW_KEY, variable="KEYS")
        held = await connection.run_sync(_judge_keys, [other, own])
        lost = await connection.run_sync(_judge_keys, [other])
    assert held.is_ok
    assert held.detail == f"key {other.name} (0 secrets), key {own.name} (1 secrets)"
    assert not lost.is_ok
    assert f"{own.name} (1)" in lost.detail


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
