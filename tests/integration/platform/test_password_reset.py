"""Who has forgotten their password gets another one by a code, and nobody else does."""

import asyncio
from types import NoneType

import pytest
from executed import executed
from msgspec.structs import replace
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.codes.services import WrongCode, check_code, issue_code, redeem
from tochka_core.http.in_process import concurrent_client

LOGIN, ME = "/api/v1/auth/login", "/api/v1/users/me"
FORGOT, RESET = "/api/v1/auth/password/forgot", "/api/v1/auth/password/reset"
CHANGE = "/api/v1/auth/password/change"
UNKNOWN = "+79990009999"
PASSWORD, NEW = "correct horse battery", "staple staple staple"


@pytest.fixture
def ask(client, inbox):
    """Have a code sent to somebody; return both halves of it."""

    async def ask(person):
        answer = await client.post(FORGOT, json={"phone": person.phone})
        assert answer.status_code == 202, answer.text
        message = await inbox.next()
        assert (message.phone, message.kind) == (person.phone, "code")
        assert message.code in message.text
        return answer.json()["secret"], message.code

    return ask


@pytest.fixture
def reset(client):
    async def reset(secret, code, password=NEW):
        body = {"secret": secret, "code": code, "password": password}
        return await client.post(RESET, json=body)

    return reset


@pytest.fixture
def sign_in(client):
    async def sign_in(person, password):
        answer = await client.post(LOGIN, json={"phone": person.phone, "password": password})
        return answer.status_code

    return sign_in


def other(code):
    return f"{(int(code) + 1) % 10**6:06}"


async def test_a_code_gives_another_password_and_its_owner_is_told(
    register, ask, reset, sign_in, inbox
):
    person = await register()
    answer = await reset(*await ask(person))
    assert (answer.status_code, answer.content) == (204, b"")
    assert await sign_in(person, PASSWORD) == 401
    assert await sign_in(person, NEW) == 200
    notice = await inbox.next()
    assert (notice.phone, notice.kind, notice.code) == (person.phone, "notice", None)


async def test_all_sessions_end_with_the_password_that_began_them(client, register, ask, reset):
    person = await register()
    assert (await client.get(ME, headers=person.headers)).status_code == 200
    await reset(*await ask(person))
    assert (await client.get(ME, headers=person.headers)).status_code == 401


async def test_who_was_imported_without_a_password_gets_one(
    register, ask, reset, sign_in, database
):
    person = await register()
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("UPDATE tochka.users SET password_hash = '!'"))
    assert (await reset(*await ask(person))).status_code == 204
    assert await sign_in(person, NEW) == 200


async def test_a_code_is_good_once_also_in_a_race(register, ask, reset):
    secret, code = await ask(await register())
    passwords = [f"staple staple {number}" for number in range(4)]
    answers = await asyncio.gather(*(reset(secret, code, password) for password in passwords))
    assert sorted(answer.status_code for answer in answers) == [204, 400, 400, 400]
    assert (await reset(secret, code)).status_code == 400


async def test_of_many_wrong_codes_at_once_five_are_looked_at(register, ask, reset, database):
    secret, code = await ask(await register())
    answers = await asyncio.gather(*(reset(secret, other(code)) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {400}
    assert {answer.json()["errors"][0]["pointer"] for answer in answers} == {"/code"}
    async with database.platform_scope(reason="test") as session:
        left = await session.scalar(text("SELECT tries_left FROM tochka.one_time_codes"))
    assert left == 0
    assert (await reset(secret, code)).status_code == 400


async def test_the_fifth_try_may_still_be_right(register, ask, reset):
    secret, code = await ask(await register())
    for _ in range(4):
        assert (await reset(secret, other(code))).status_code == 400
    assert (await reset(secret, code)).status_code == 204


async def test_a_code_is_worth_nothing_without_the_secret_it_was_asked_with(register, ask, reset):
    mine, anothers = await register(), await register()
    secret, code = await ask(mine)
    another, _ = await ask(anothers)
    for wrong in (another, secret[:-1], f"{secret}A", ""):
        assert (await reset(wrong, code)).status_code == 400
    assert (await reset(secret, code)).status_code == 204


async def test_a_code_that_is_too_old_is_worth_nothing_and_is_removed(
    register, ask, reset, database
):
    person = await register()
    secret, code = await ask(person)
    async with database.platform_scope(reason="test") as session:
        seconds = await session.scalar(
            text("SELECT extract(epoch FROM expires_at - now()) FROM tochka.one_time_codes")
        )
        assert 500 < seconds <= 600
        await session.execute(text("UPDATE tochka.one_time_codes SET expires_at = now()"))
    assert (await reset(secret, code)).status_code == 400
    await ask(person)
    async with database.platform_scope(reason="test") as session:
        assert await session.scalar(text("SELECT count(*) FROM tochka.one_time_codes")) == 1


async def test_a_reset_uses_up_the_persons_other_codes(register, ask, reset):
    person = await register()
    first, second = await ask(person), await ask(person)
    assert (await reset(*second)).status_code == 204
    assert (await reset(*first)).status_code == 400


async def test_of_two_codes_redeemed_at_once_one_is_good(register, database):
    person = await register()

    async def issue():
        async with database.platform_scope(reason="test") as session:
            issued = await issue_code(session, "test", user_id=person.id)
        return await check_code(database, "test", issued.secret, issued.code)

    async def use(code):
        async with database.platform_scope(reason="test") as session:
            await redeem(session, code)

    for _ in range(20):
        uses = (use(code) for code in [await issue(), await issue()])
        outcomes = await asyncio.gather(*uses, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {NoneType, WrongCode}


async def test_a_code_is_good_no_more_once_the_password_is_changed(
    client, register, ask, reset, sign_in
):
    person = await register()
    code = await ask(person)
    body = {"current_password": PASSWORD, "password": NEW}
    changed = await client.post(CHANGE, json=body, headers=person.headers)
    assert changed.status_code == 204
    assert (await reset(*code, "whoever has the code")).status_code == 400
    assert await sign_in(person, NEW) == 200


async def test_a_code_is_good_no_more_once_the_password_is_taken_away(
    client, register, master, ask, reset
):
    person = await register()
    code = await ask(person)
    path = f"/api/v1/users/{person.id}/password-reset"
    assert (await client.post(path, headers=master.headers)).status_code == 204
    assert (await reset(*code)).status_code == 400


async def test_a_password_that_is_refused_costs_no_code(register, ask, reset):
    person = await register()
    secret, code = await ask(person)
    for password in ("short", "password1", person.phone):
        answer = await reset(secret, code, password)
        assert answer.json()["errors"][0]["pointer"] == "/password"
    assert (await reset(secret, code)).status_code == 204


async def test_whose_phone_it_is_tells_neither_the_answer_nor_the_statements(
    client, register, inbox, database
):
    known, inactive = await register(), await register()
    async with database.platform_scope(reason="test") as session:
        await session.execute(
            text("UPDATE tochka.users SET is_active = false WHERE id = :id"), {"id": inactive.id}
        )
    await client.post(FORGOT, json={"phone": UNKNOWN})  # whose domain it is, is known from here on
    seen = set()
    for phone in (known.phone, inactive.phone, UNKNOWN):
        with executed() as statements:
            answer = await client.post(FORGOT, json={"phone": phone})
        told = {**answer.json(), "secret": len(answer.json()["secret"])}
        seen.add((answer.status_code, str(told), tuple(statements)))
    ((status, told, _),) = seen
    assert (status, told) == (202, "{'secret': 43, 'expires_in': 600}")
    assert (await inbox.next()).phone == known.phone
    assert inbox.is_empty


async def test_no_code_is_right_for_a_phone_that_nobody_has(client, reset, database):
    secret = (await client.post(FORGOT, json={"phone": UNKNOWN})).json()["secret"]
    answer = await reset(secret, "000000")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/code")
    async with database.platform_scope(reason="test") as session:
        row = (await session.execute(text("SELECT * FROM tochka.one_time_codes"))).mappings().one()
    assert (row["user_id"], row["phone"], row["tries_left"]) == (None, None, 4)


async def test_what_lies_in_the_database_is_neither_the_code_nor_the_secret(
    register, ask, database
):
    secret, code = await ask(await register())
    async with database.platform_scope(reason="test") as session:
        row = (await session.execute(text("SELECT * FROM tochka.one_time_codes"))).mappings().one()
    kept = " ".join(
        f"{value!r} {value.hex() if isinstance(value, bytes) else ''}" for value in row.values()
    )
    assert secret not in kept
    assert code not in [*row.values()]
    assert code.encode() not in [*row.values()]


async def test_somebody_deactivated_meanwhile_gets_no_password(register, ask, reset, database):
    secret, code = await ask(await register())
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("UPDATE tochka.users SET is_active = false"))
    assert (await reset(secret, code)).status_code == 400


async def test_who_has_locked_themselves_out_is_let_in_after_a_reset(register, ask, reset, sign_in):
    person = await register()
    while await sign_in(person, "wrong password") == 401:
        pass
    assert await sign_in(person, PASSWORD) == 429
    assert (await reset(*await ask(person))).status_code == 204
    assert await sign_in(person, NEW) == 200


@pytest.mark.parametrize("phone", ["known", "unknown"])
async def test_a_phone_gets_as_many_messages_as_the_operator_allows(
    settings, notes, register, phone
):
    number = (await register()).phone if phone == "known" else UNKNOWN
    app = create_app(replace(settings, messages_per_phone=4), [notes])
    async with concurrent_client(app) as client:
        answers = [await client.post(FORGOT, json={"phone": number}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert 43_000 < int(answers[2].headers["retry-after"]) <= 43_200
        assert (await client.post(FORGOT, json={"phone": "+79990008888"})).status_code == 202


async def test_who_asks_for_codes_keeps_no_notice_from_the_owner(settings, notes, inbox, register):
    person = await register()
    app = create_app(replace(settings, messages_per_phone=2), [notes])
    async with concurrent_client(app) as client:
        answers = [await client.post(FORGOT, json={"phone": person.phone}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 429]
        await inbox.next()
        changed = {"current_password": PASSWORD, "password": NEW}
        answer = await client.post(CHANGE, json=changed, headers=person.headers)
        assert answer.status_code == 204
        assert (await inbox.next()).kind == "notice"


async def test_an_address_has_as_many_messages_sent_as_the_operator_allows(settings, notes):
    app = create_app(replace(settings, messages_per_address=4), [notes])
    async with concurrent_client(app) as client:
        phones = [f"+7999000777{number}" for number in range(3)]
        answers = [await client.post(FORGOT, json={"phone": phone}) for phone in phones]
        assert [answer.status_code for answer in answers] == [202, 202, 429]


async def test_where_nobody_delivers_that_is_said_of_every_phone(settings, register):
    known = (await register()).phone
    async with concurrent_client(create_app(settings)) as client:
        for phone in (known, UNKNOWN):
            answer = await client.post(FORGOT, json={"phone": phone})
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "300"


async def test_a_reset_is_in_the_audit_log_without_a_phone(register, ask, reset, database):
    person = await register()
    await reset(*await ask(person))
    async with database.platform_scope(reason="test") as session:
        detail = await session.scalar(
            text("SELECT detail FROM tochka.audit_log WHERE action = 'user.password_reset'")
        )
    assert detail == {"user": str(person.id)}
