"""Guessing passwords, and who is kept out by it: not who signs in from a known device."""

import asyncio
import threading
from dataclasses import dataclass

import bcrypt
import pytest
from executed import executed
from msgspec.structs import replace
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.http.in_process import concurrent_client
from tochka_core.known_devices.services import forget_devices

LOGIN, REGISTER = "/api/v1/auth/login", "/api/v1/auth/register"
PASSWORD = "correct horse battery"
PHONE_TRIES, ADDRESS_TRIES = 3, 6


@pytest.fixture
async def client(settings):
    few = replace(settings, login_tries=PHONE_TRIES, login_tries_per_address=ADDRESS_TRIES)
    async with concurrent_client(create_app(few)) as client:
        yield client


@dataclass(frozen=True)
class Doors:
    """Where people sign in, all from one address."""

    client: object

    async def register(self, phone):
        body = {"phone": phone, "password": PASSWORD}
        made = await self.client.post(REGISTER, json=body)
        return made.json()["id"]

    async def enter(self, phone, device=None, password=PASSWORD):
        body = {"phone": phone, "password": password}
        if device is not None:
            body["device_token"] = device
        return await self.client.post(LOGIN, json=body)

    async def guess(self, phone, device=None, *, times=1):
        """Guess at once; return the statuses in order."""
        answers = (self.enter(phone, device, "wrong password") for _ in range(times))
        return sorted([answer.status_code for answer in await asyncio.gather(*answers)])

    async def known_device(self, phone):
        return (await self.enter(phone)).json()["device_token"]


@pytest.fixture
def doors(client):
    return Doors(client)


ANNA, IVAN, NOBODY = "+79990000001", "+79990000002", "+79990000003"


@pytest.fixture
async def anna(doors):
    return await doors.register(ANNA)


@pytest.fixture
async def ivan(doors):
    return await doors.register(IVAN)


@pytest.mark.usefixtures("anna")
async def test_a_device_that_signs_in_is_known_and_keeps_its_token(doors):
    device = await doors.known_device(ANNA)
    again = await doors.enter(ANNA, device)
    assert again.json()["device_token"] == device
    assert await doors.known_device(ANNA) != device


@pytest.mark.usefixtures("anna")
async def test_who_guesses_does_not_lock_the_owner_out_of_a_known_device(doors):
    device = await doors.known_device(ANNA)
    assert await doors.guess(ANNA, times=10) == [401] * PHONE_TRIES + [429] * 7
    # The address too has no tries left.
    assert await doors.guess(NOBODY, times=10) == [401] * 3 + [429] * 7
    assert (await doors.enter(ANNA)).status_code == 429
    assert (await doors.enter(ANNA, device)).status_code == 200


@pytest.mark.usefixtures("anna")
async def test_who_signs_in_from_a_known_device_gives_strangers_no_new_tries(doors):
    device = await doors.known_device(ANNA)
    await doors.guess(ANNA, times=PHONE_TRIES)
    assert (await doors.enter(ANNA, device)).status_code == 200
    assert await doors.guess(ANNA) == [429]


@pytest.mark.usefixtures("anna")
async def test_guesses_from_a_known_device_are_its_own(doors):
    device, other = await doors.known_device(ANNA), await doors.known_device(ANNA)
    assert await doors.guess(ANNA, device, times=10) == [401] * PHONE_TRIES + [429] * 7
    refused = await doors.enter(ANNA, device)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert (await doors.enter(ANNA, other)).status_code == 200
    assert await doors.guess(ANNA, times=4) == [401] * PHONE_TRIES + [429]


@pytest.mark.usefixtures("anna")
async def test_a_known_device_that_signs_in_has_all_its_tries_again(doors):
    device = await doors.known_device(ANNA)
    for _ in range(2):
        await doors.guess(ANNA, device, times=PHONE_TRIES - 1)
        assert (await doors.enter(ANNA, device)).status_code == 200


@pytest.mark.usefixtures("anna", "ivan")
@pytest.mark.parametrize("device_of", [IVAN, None])
async def test_a_token_that_is_not_the_persons_is_none(doors, device_of):
    device = await doors.known_device(device_of) if device_of else "x" * 43
    assert await doors.guess(ANNA, device, times=4) == [401] * PHONE_TRIES + [429]
    assert await doors.guess(ANNA) == [429]
    assert await doors.guess(NOBODY, device, times=4) == [401] * PHONE_TRIES + [429]


async def test_a_device_can_be_forgotten(doors, anna, database):
    device = await doors.known_device(ANNA)
    async with database.platform_scope(reason="test") as session:
        await forget_devices(session, anna)
    await doors.guess(ANNA, times=PHONE_TRIES)
    assert (await doors.enter(ANNA, device)).status_code == 429


@pytest.mark.usefixtures("anna")
async def test_who_knows_a_password_of_their_own_gets_no_more_guesses_for_others(doors):
    statuses = []
    for _ in range(ADDRESS_TRIES + 2):
        statuses += await doors.guess(f"+7999100{len(statuses):04}")
        await doors.enter(ANNA)
    assert statuses == [401] * ADDRESS_TRIES + [429] * 2


@pytest.fixture
def slow(monkeypatch):
    """Hold up whoever computes a password's hash: one event tells that it is so, one lets go."""
    reached, released = threading.Event(), threading.Event()

    def hold_up(compute):
        def held_up(*arguments):
            reached.set()
            assert released.wait(60)
            return compute(*arguments)

        return held_up

    for name in ("hashpw", "checkpw"):
        monkeypatch.setattr(bcrypt, name, hold_up(getattr(bcrypt, name)))
    yield reached, released
    released.set()


@pytest.mark.usefixtures("anna")
async def test_a_try_is_counted_and_no_transaction_open_while_the_password_is_looked_at(
    doors, engine, slow
):
    reached, released = slow
    asked = asyncio.create_task(doors.enter(ANNA))
    assert await asyncio.to_thread(reached.wait, 60)
    async with engine.connect() as connection:
        opened = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        assert await connection.scalar(opened) == 0
        counted = text("SELECT count(*) FROM tochka.throttles WHERE allowance LIKE 'login.%'")
        assert await connection.scalar(counted) == 2
    released.set()
    assert (await asked).status_code == 200


@pytest.mark.usefixtures("anna", "ivan")
async def test_being_refused_costs_the_same_whether_the_phone_is_known(doors, monkeypatch):
    strange = await doors.known_device(IVAN)
    for phone in (ANNA, NOBODY):
        await doors.guess(phone, times=PHONE_TRIES)

    def fail(*_arguments):
        raise AssertionError("The password was looked at.")

    for name in ("hashpw", "checkpw"):
        monkeypatch.setattr(bcrypt, name, fail)
    for device in (None, strange):
        seen = set()
        for phone in (ANNA, NOBODY):
            with executed() as statements:
                answer = await doors.enter(phone, device)
            told = {**answer.json(), "request_id": None}
            seen.add((str(told), tuple(statements)))
        ((told, _),) = seen
        assert "429" in told
