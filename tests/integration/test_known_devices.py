"""Which devices are known of whom, and for how long."""

import pytest
from sqlalchemy import text
from tochka_core.known_devices.services import (
    MAX_DEVICES,
    MAX_IDLE_DAYS,
    forget_devices,
    is_known,
    remember_device,
)
from tochka_core.users.services import create_user

ANNA, IVAN = "+79990000001", "+79990000002"


@pytest.fixture
async def anna(database):
    async with database.platform_scope(reason="test") as session:
        return (await create_user(session, phone=ANNA, password_hash="none")).id


@pytest.fixture
async def ivan(database):
    async with database.platform_scope(reason="test") as session:
        return (await create_user(session, phone=IVAN, password_hash="none")).id


@pytest.fixture
def call(database):
    """Call a service in a transaction of its own."""

    async def call(service, *arguments, **named):
        async with database.platform_scope(reason="test") as session:
            return await service(session, *arguments, **named)

    return call


@pytest.fixture
def pass_days(database):
    async def pass_days(days):
        async with database.platform_scope(reason="test") as session:
            await session.execute(
                text(
                    "UPDATE tochka.known_devices SET used_at = used_at - make_interval(days => :n)"
                ),
                {"n": days},
            )

    return pass_days


async def test_a_device_is_known_of_who_has_signed_in_with_it_and_of_nobody_else(call, anna, ivan):
    token = await call(remember_device, anna, None)
    assert await call(is_known, token, phone=ANNA)
    assert not await call(is_known, token, phone=IVAN)
    assert not await call(is_known, "another", phone=ANNA)


async def test_a_device_keeps_its_token(call, anna):
    token = await call(remember_device, anna, None)
    assert await call(remember_device, anna, token) == token


async def test_a_token_of_somebody_else_is_replaced(call, anna, ivan):
    token = await call(remember_device, anna, None)
    own = await call(remember_device, ivan, token)
    assert own != token
    assert await call(is_known, token, phone=ANNA)
    assert await call(is_known, own, phone=IVAN)


async def test_a_token_cannot_be_told_from_the_table(call, anna, database):
    token = await call(remember_device, anna, None)
    async with database.platform_scope(reason="test") as session:
        (row,) = await session.execute(text("SELECT * FROM tochka.known_devices"))
    assert token not in repr(row)


async def test_the_least_recent_device_makes_room(call, anna, ivan, pass_days):
    first = await call(remember_device, anna, None)
    second = await call(remember_device, anna, None)
    of_another = await call(remember_device, ivan, None)
    await pass_days(1)
    await call(remember_device, anna, first)
    for _ in range(MAX_DEVICES - 1):
        await call(remember_device, anna, None)
    assert await call(is_known, first, phone=ANNA)
    assert not await call(is_known, second, phone=ANNA)
    assert await call(is_known, of_another, phone=IVAN)


async def test_a_device_that_nobody_signs_in_from_is_forgotten(call, anna, pass_days):
    token = await call(remember_device, anna, None)
    await pass_days(MAX_IDLE_DAYS - 1)
    assert await call(is_known, token, phone=ANNA)
    await pass_days(1)
    assert not await call(is_known, token, phone=ANNA)
    assert await call(remember_device, anna, token) != token


async def test_all_devices_of_one_person_can_be_forgotten(call, anna, ivan):
    annas, ivans = await call(remember_device, anna, None), await call(remember_device, ivan, None)
    await call(forget_devices, anna)
    assert not await call(is_known, annas, phone=ANNA)
    assert await call(is_known, ivans, phone=IVAN)


async def test_devices_go_with_their_person(call, anna, database):
    await call(remember_device, anna, None)
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("DELETE FROM tochka.users"))
        assert await session.scalar(text("SELECT count(*) FROM tochka.known_devices")) == 0
