"""Password hashes."""

import asyncio
import threading
import unicodedata

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.passwords.hashing import PasswordHasher, TooManyPasswords
from tochka_core.passwords.peppers import name_of_pepper
from tochka_core.passwords.stored import PEPPERED, UNPEPPERED, prepare

PASSWORD = "correct horse"
STORED = "$hmac-sha384$2b$04$" + "a" * 53


@pytest.fixture(scope="module")
def hasher():
    return PasswordHasher(cost=4, pepper="")


async def test_a_password_fits_its_own_hash_only(hasher):
    stored = await hasher.hash(PASSWORD)
    assert await hasher.verify(PASSWORD, stored)
    assert not await hasher.verify("correct horsf", stored)
    assert not await hasher.verify("", stored)


async def test_a_hash_does_not_show_the_password_and_is_salted(hasher):
    first, second = await hasher.hash(PASSWORD), await hasher.hash(PASSWORD)
    assert first != second
    assert PASSWORD not in first


async def test_the_cost_is_the_one_that_was_asked_for():
    stored = await PasswordHasher(cost=5, pepper="").hash(PASSWORD)
    assert stored.startswith("$hmac-sha384$2b$05$")


async def test_nobody_has_no_password(hasher):
    assert await hasher.verify(PASSWORD, None) is False
    assert await hasher.verify("decoy", None) is False


@pytest.mark.parametrize("prefix", ["й" * 100, "x" * 120, "x" * 72])
async def test_long_passwords_differ_to_the_last_letter(hasher, prefix):
    stored = await hasher.hash(f"{prefix}й")
    assert await hasher.verify(f"{prefix}й", stored)
    assert not await hasher.verify(f"{prefix}ж", stored)
    assert not await hasher.verify(prefix, stored)


async def test_a_nul_does_not_end_a_password(hasher):
    stored = await hasher.hash("before\0after")
    assert not await hasher.verify("before", stored)
    assert not await hasher.verify("before\0other", stored)


async def test_the_pepper_matters():
    plain, peppered, other = (PasswordHasher(cost=4, pepper=pepper) for pepper in ("", "a", "b"))
    stored = await peppered.hash(PASSWORD)
    assert await peppered.verify(PASSWORD, stored)
    assert not await plain.verify(PASSWORD, stored)
    assert not await other.verify(PASSWORD, stored)


@pytest.mark.parametrize("text", ["пароль-Ёжик-й", "mot de passé", "Ångström 𝄞"])
async def test_a_password_is_one_however_a_keyboard_composes_it(hasher, text):
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert await hasher.verify(decomposed, await hasher.hash(composed))
    assert await hasher.verify(composed, await hasher.hash(decomposed))


class Blocked:
    """A bcrypt that computes nothing until it is let go."""

    def __init__(self, monkeypatch):
        self.let_go = threading.Event()
        monkeypatch.setattr(bcrypt, "checkpw", lambda *_arguments: self.let_go.wait(60))


@pytest.fixture
def blocked(monkeypatch):
    blocked = Blocked(monkeypatch)
    yield blocked
    blocked.let_go.set()


def limited(**limits):
    return PasswordHasher(cost=4, pepper="", at_once=2, **limits)


async def test_who_comes_when_too_many_wait_is_refused_and_the_others_get_their_turn(blocked):
    hasher = limited(max_waiting=3)
    people = [asyncio.create_task(hasher.verify(PASSWORD, STORED)) for _ in range(7)]
    refused, served = await asyncio.wait(people, return_when=asyncio.FIRST_COMPLETED)
    assert refused == set(people[5:])
    for one in refused:
        with pytest.raises(TooManyPasswords) as caught:
            await one
        assert caught.value.headers == {"Retry-After": "5"}
    blocked.let_go.set()
    assert await asyncio.gather(*served) == [True] * 5
    assert await hasher.verify(PASSWORD, STORED)


async def test_who_has_waited_too_long_is_refused_and_takes_no_turn(blocked):
    hasher = limited(max_waiting=3, max_wait_seconds=0.01)
    people = [asyncio.create_task(hasher.verify(PASSWORD, STORED)) for _ in range(3)]
    refused, served = await asyncio.wait(people, return_when=asyncio.FIRST_COMPLETED)
    assert refused == {people[2]}
    with pytest.raises(TooManyPasswords):
        await people[2]
    blocked.let_go.set()
    assert await asyncio.gather(*served) == [True, True]
    # As many as there are turns, so that none of them has to wait.
    assert await asyncio.gather(*(hasher.verify(PASSWORD, STORED) for _ in range(2))) == [True] * 2


async def test_who_goes_away_leaves_their_place_to_others(blocked):
    hasher = limited(max_waiting=1)
    busy = [asyncio.create_task(hasher.verify(PASSWORD, STORED)) for _ in range(2)]
    gone = asyncio.create_task(hasher.verify(PASSWORD, STORED))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    waiting = asyncio.create_task(hasher.verify(PASSWORD, STORED))
    await asyncio.sleep(0)
    blocked.let_go.set()
    assert await asyncio.gather(*busy, waiting) == [True] * 3


@given(st.text(max_size=200), st.sampled_from([UNPEPPERED, PEPPERED]))
def test_bcrypt_gets_as_much_as_it_reads_of_any_password(password, scheme):
    prepared = prepare(password, scheme, pepper=b"pepper")
    assert len(prepared) == 64
    assert b"\0" not in prepared


def foreign(password, *, cost=4, prefix="2b"):
    """Hash as passlib does, over a bcrypt that cuts."""
    digest = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(cost)).decode()
    return f"${prefix}{digest.removeprefix('$2b')}"


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
async def test_a_hash_of_another_system_fits_its_password_and_is_outdated(hasher, prefix):
    stored = foreign(PASSWORD, prefix=prefix)
    assert await hasher.verify(PASSWORD, stored)
    assert not await hasher.verify("correct horsf", stored)
    assert hasher.is_outdated(stored)


@pytest.mark.parametrize("password", ["x" * 73, "й" * 37])
async def test_a_hash_of_another_system_has_seen_72_bytes_and_ours_all(hasher, password):
    stored = foreign(password)
    assert await hasher.verify(password, stored)
    assert await hasher.verify(f"{password}more", stored)
    assert not await hasher.verify(f"{password}more", await hasher.hash(password))


async def test_our_hash_is_not_taken_for_that_of_another_system(hasher):
    digest = (await hasher.hash(PASSWORD)).removeprefix(UNPEPPERED)
    assert not await hasher.verify(PASSWORD, digest)


async def test_what_was_made_before_there_was_a_pepper_fits_and_is_outdated(hasher):
    peppered = PasswordHasher(cost=4, pepper="secret")
    stored = await hasher.hash(PASSWORD)
    assert await peppered.verify(PASSWORD, stored)
    assert peppered.is_outdated(stored)
    assert not peppered.is_outdated(await peppered.hash(PASSWORD))


async def test_a_hash_names_its_pepper_and_one_that_does_not_fits_and_is_outdated():
    hasher, other = (PasswordHasher(cost=4, pepper=pepper) for pepper in ("secret", "other"))
    stored = await hasher.hash(PASSWORD)
    name = name_of_pepper(b"secret")
    assert stored.startswith(f"{PEPPERED}:{name}$2b$04$")
    assert other.is_outdated(stored)
    unnamed = stored.replace(f":{name}", "")
    assert await hasher.verify(PASSWORD, unnamed)
    assert hasher.is_outdated(unnamed)


def test_the_name_of_a_pepper_stays_what_it_was():
    assert name_of_pepper(b"secret") == "295abcb6"
    assert name_of_pepper(b"secrets") != name_of_pepper(b"secret")


async def test_a_hash_of_another_cost_is_outdated(hasher):
    stored = await hasher.hash(PASSWORD)
    assert not hasher.is_outdated(stored)
    assert PasswordHasher(cost=5, pepper="").is_outdated(stored)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "!",
        "$2b$31$" + "a" * 53,
        "$2b$03$" + "a" * 53,
        "$2x$04$" + "a" * 53,
        "$2b$04$" + "a" * 52,
        "$other$2b$04$" + "a" * 53,
        "$2b$٠٤$" + "a" * 53,
    ],
)
async def test_what_is_no_hash_fits_no_password(hasher, stored):
    assert not await hasher.verify(PASSWORD, stored)
    assert not hasher.is_outdated(stored)


@pytest.fixture
def rounds(monkeypatch):
    """How many rounds bcrypt is asked for."""
    spent = []
    hashpw, checkpw = bcrypt.hashpw, bcrypt.checkpw

    def count(compute, password, salt):
        spent.append(2 ** int(salt.split(b"$")[2]))
        return compute(password, salt)

    monkeypatch.setattr(bcrypt, "hashpw", lambda *given: count(hashpw, *given))
    monkeypatch.setattr(bcrypt, "checkpw", lambda *given: count(checkpw, *given))
    return spent


@pytest.mark.parametrize(("cost", "costliest"), [(6, 0), (6, 5), (6, 8), (4, 4)])
@pytest.mark.parametrize(
    "stored",
    [
        None,
        "!",
        foreign("other", cost=4),
        foreign(PASSWORD, cost=4),
        f"{UNPEPPERED}{foreign('other', cost=4)}",
    ],
    ids=["nobody", "no password", "foreign", "right", "ours"],
)
async def test_a_check_takes_as_many_rounds_as_that_of_the_costliest_hash(
    rounds, stored, cost, costliest
):
    hasher = PasswordHasher(cost=cost, pepper="")
    await hasher.verify(PASSWORD, stored, costliest=costliest)
    assert sum(rounds) == 2 ** max(cost, costliest)
