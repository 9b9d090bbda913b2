"""Registering where the operator has phones confirmed."""

import asyncio

import pytest
from executed import executed
from msgspec.structs import replace
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.http.in_process import concurrent_client

REGISTER, CONFIRM = "/api/v1/auth/register", "/api/v1/auth/register/confirm"
LOGIN = "/api/v1/auth/login"
PHONE, PASSWORD = "+79123456789", "correct horse battery"
BODY = {"phone": PHONE, "password": PASSWORD}


@pytest.fixture
def settings(settings):
    return replace(settings, confirm_phones=True)


@pytest.fixture
async def client(settings, notes):
    async with concurrent_client(create_app(settings, [notes])) as client:
        yield client


@pytest.fixture
def ask(client, inbox):
    """Begin to register; return both halves of the code."""

    async def ask(phone=PHONE, password=PASSWORD):
        answer = await client.post(REGISTER, json={"phone": phone, "password": password})
        assert answer.status_code == 202, answer.text
        return {"secret": answer.json()["secret"], "code": (await inbox.next()).code}

    return ask


async def test_who_proves_the_phone_is_registered_and_nobody_before(client, ask):
    halves = await ask("8 (912) 345-67-89")
    assert (await client.post(LOGIN, json=BODY)).status_code == 401
    made = await client.post(CONFIRM, json=halves)
    assert made.status_code == 201
    assert (made.json()["phone"], made.json()["role"]) == (PHONE, "user")
    assert (await client.post(LOGIN, json=BODY)).status_code == 200
    assert (await client.post(CONFIRM, json=halves)).status_code == 400


async def test_a_wrong_code_registers_nobody(client, ask):
    halves = await ask()
    wrong = {**halves, "code": f"{(int(halves['code']) + 1) % 10**6:06}"}
    assert (await client.post(CONFIRM, json=wrong)).status_code == 400
    assert (await client.post(LOGIN, json=BODY)).status_code == 401
    assert (await client.post(CONFIRM, json=halves)).status_code == 201


async def test_a_code_registers_once_also_in_a_race(client, ask):
    halves = await ask()
    answers = await asyncio.gather(*(client.post(CONFIRM, json=halves) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]


async def test_who_was_slower_reads_that_the_phone_is_taken_and_keeps_no_password(client, ask):
    first, second = await ask(), await ask(password="another password")
    assert (await client.post(CONFIRM, json=first)).status_code == 201
    assert (await client.post(CONFIRM, json=second)).status_code == 409
    assert (await client.post(LOGIN, json=BODY)).status_code == 200


async def test_a_known_phone_is_answered_as_an_unknown_one_and_its_owner_is_told(
    client, ask, inbox
):
    await client.post(CONFIRM, json=await ask())
    seen = set()
    for phone in (PHONE, "+79123456780"):
        with executed() as statements:
            answer = await client.post(REGISTER, json={**BODY, "phone": phone})
        told = {**answer.json(), "secret": len(answer.json()["secret"])}
        seen.add((answer.status_code, str(told), tuple(statements)))
    assert len(seen) == 1
    notice, code = await inbox.next(), await inbox.next()
    assert (notice.phone, notice.kind, notice.code) == (PHONE, "notice", None)
    assert (code.phone, code.kind) == ("+79123456780", "code")


async def test_a_code_to_register_resets_no_password(client, ask):
    halves = await ask()
    answer = await client.post(
        "/api/v1/auth/password/reset", json={**halves, "password": "another password"}
    )
    assert answer.status_code == 400
    assert (await client.post(CONFIRM, json=halves)).status_code == 201


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６", "123 456"])
async def test_what_cannot_be_a_code_takes_no_try(client, ask, database, code):
    halves = await ask()
    answer = await client.post(CONFIRM, json={**halves, "code": code})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/code")
    async with database.platform_scope(reason="test") as session:
        assert await session.scalar(text("SELECT tries_left FROM tochka.one_time_codes")) == 5


async def test_where_nobody_delivers_nobody_registers(settings):
    async with concurrent_client(create_app(settings)) as client:
        assert (await client.post(REGISTER, json=BODY)).status_code == 503
