"""What a code is worth: once, for a short while, and not often wrong."""

import asyncio
from collections import Counter

import pytest
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.second_factor.factors import find_factor, use_app_code
from tochka_core.second_factor.recovery_codes import use_code

STEP_UP = "/api/v1/auth/step-up"
FACTOR = "/api/v1/auth/second-factor"


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


async def test_the_codes_of_another_person_are_worth_nothing(enrol):
    anna, boris = await enrol(), await enrol()
    challenge = await anna.challenge()
    for code in (await boris.code(), boris.recovery_codes[0]):
        assert (await anna.answer(challenge, code)).status_code == 401
