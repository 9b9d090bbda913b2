"""Which passwords are taken, and how those of old are renewed."""

import asyncio

import bcrypt
import pytest
from executed import executed
from msgspec.structs import replace
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.http.in_process import concurrent_client
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.passwords.stored import read_stored

REGISTER, LOGIN = "/api/v1/auth/register", "/api/v1/auth/login"
PASSWORD = "correct horse battery"


def foreign(password=PASSWORD, *, cost=4):
    """Hash as the template did, with passlib over a bcrypt that cuts."""
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(cost)).decode()


@pytest.fixture
def stored(database):
    """Read, or set, somebody's hash."""

    async def stored(person, password_hash=None):
        async with database.platform_scope(reason="test") as session:
            if password_hash is not None:
                await session.execute(
                    text("UPDATE tochka.users SET password_hash = :hash WHERE id = :id"),
                    {"hash": password_hash, "id": person.id},
                )
            return await session.scalar(
                text("SELECT password_hash FROM tochka.users WHERE id = :id"), {"id": person.id}
            )

    return stored


@pytest.fixture
def sign_in(client):
    async def sign_in(person, password=PASSWORD):
        body = {"phone": person.phone, "password": password}
        return (await client.post(LOGIN, json=body)).status_code

    return sign_in


@pytest.mark.parametrize("password", [PASSWORD, "й" * 40])
async def test_a_hash_of_the_template_is_renewed_when_its_owner_signs_in(
    register, stored, sign_in, password
):
    person = await register()
    await stored(person, foreign(password))
    assert await sign_in(person, "another password") == 401
    assert read_stored(await stored(person)).scheme == ""
    assert await sign_in(person, password) == 200
    renewed = await stored(person)
    assert read_stored(renewed).scheme == "$hmac-sha384"
    assert await sign_in(person, password) == 200
    assert await stored(person) == renewed


async def test_a_hash_of_another_cost_is_renewed_and_of_this_one_left(
    settings, notes, register, stored
):
    person = await register()
    before = await stored(person)
    async with concurrent_client(create_app(replace(settings, bcrypt_cost=5), [notes])) as costlier:
        body = {"phone": person.phone, "password": PASSWORD}
        assert (await costlier.post(LOGIN, json=body)).status_code == 200
        after = await stored(person)
        assert (await costlier.post(LOGIN, json=body)).status_code == 200
    assert (read_stored(before).cost, read_stored(after).cost) == (4, 5)
    assert await stored(person) == after


async def test_the_hash_of_somebody_inactive_is_left(register, stored, sign_in, database):
    person = await register()
    await stored(person, foreign())
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("UPDATE tochka.users SET is_active = false"))
    assert await sign_in(person) == 401
    assert read_stored(await stored(person)).scheme == ""


async def test_a_password_that_changes_meanwhile_is_not_put_back(
    register, stored, sign_in, monkeypatch
):
    person = await register()
    await stored(person, foreign())
    is_hashing, go_on = asyncio.Event(), asyncio.Event()

    async def hash_later(self, password):
        is_hashing.set()
        await go_on.wait()
        return foreign("renewed from the old one")

    monkeypatch.setattr(PasswordHasher, "hash", hash_later)
    signing_in = asyncio.create_task(sign_in(person))
    await is_hashing.wait()
    changed = await stored(person, foreign("the new password"))
    go_on.set()
    assert await signing_in == 401  # by then the password is another one
    assert await stored(person) == changed


@pytest.mark.parametrize("password", ["password1", "8 999 000 0001"])
async def test_a_password_that_is_guessed_first_is_refused(client, password):
    answer = await client.post(REGISTER, json={"phone": "+79990000001", "password": password})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/password"


def counted(compute, spent):
    """Return *compute* that notes its rounds in *spent*."""

    def count(password, salt):
        spent.append(2 ** int(salt.split(b"$")[2]))
        return compute(password, salt)

    return count


async def test_a_refused_sign_in_takes_as_many_rounds_and_statements_whatever_the_reason(
    client, register, stored, database, monkeypatch
):
    cheap, costly, inactive, without = [await register() for _ in range(4)]
    await stored(cheap, foreign())
    await stored(costly, foreign(cost=7))
    await stored(without, "!")
    async with database.platform_scope(reason="test") as session:
        await session.execute(
            text("UPDATE tochka.users SET is_active = false WHERE id = :id"), {"id": inactive.id}
        )
    spent = []
    for name in ("hashpw", "checkpw"):
        monkeypatch.setattr(bcrypt, name, counted(getattr(bcrypt, name), spent))
    seen = set()
    for phone, password in [
        ("+79990009999", PASSWORD),
        (cheap.phone, "wrong password"),
        (costly.phone, "wrong password"),
        (inactive.phone, PASSWORD),
        (without.phone, PASSWORD),
    ]:
        spent.clear()
        with executed() as statements:
            answer = await client.post(LOGIN, json={"phone": phone, "password": password})
        told = {**answer.json(), "request_id": None}
        seen.add((str(told), sum(spent), tuple(statements)))
    ((told, rounds, _),) = seen
    assert "401" in told
    assert rounds == 2**7


async def test_the_costliest_hash_is_found_without_reading_all(database, register):
    await register()
    statement = (
        "EXPLAIN SELECT max(substring(password_hash, '\\$2[aby]\\$(0[4-9]|1[0-6])\\$'))"
        " FROM tochka.users"
    )
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(await session.scalars(text(statement)))
    assert "ix_users_password_cost" in plan
