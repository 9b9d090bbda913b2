"""Password hashes."""

import asyncio
import threading
import unicodedata
from contextlib import nullcontext

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.auth.passwords import PasswordHasher, TooManyPasswords, check_password_rules
from tochka_plugins import InvalidInput

PASSWORD = "correct horse"


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
    assert stored.startswith("$2b$05$")


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


@pytest.mark.parametrize(
    ("length", "is_accepted"), [(7, False), (8, True), (128, True), (129, False)]
)
def test_a_letter_counts_once_however_a_keyboard_composes_it(length, is_accepted):
    decomposed = unicodedata.normalize("NFD", "й" * length)
    with nullcontext() if is_accepted else pytest.raises(InvalidInput):
        assert check_password_rules(decomposed) is None


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
    people = [asyncio.create_task(hasher.verify(PASSWORD, "stored")) for _ in range(7)]
    refused, served = await asyncio.wait(people, return_when=asyncio.FIRST_COMPLETED)
    assert refused == set(people[5:])
    for one in refused:
        with pytest.raises(TooManyPasswords) as caught:
            await one
        assert caught.value.headers == {"Retry-After": "5"}
    blocked.let_go.set()
    assert await asyncio.gather(*served) == [True] * 5
    assert await hasher.verify(PASSWORD, "stored")


async def test_who_has_waited_too_long_is_refused_and_takes_no_turn(blocked):
    hasher = limited(max_waiting=3, max_wait_seconds=0.01)
    people = [asyncio.create_task(hasher.verify(PASSWORD, "stored")) for _ in range(3)]
    refused, served = await asyncio.wait(people, return_when=asyncio.FIRST_COMPLETED)
    assert refused == {people[2]}
    with pytest.raises(TooManyPasswords):
        await people[2]
    blocked.let_go.set()
    assert await asyncio.gather(*served) == [True, True]
    # As many as there are turns, so that none of them has to wait.
    assert (
        await asyncio.gather(*(hasher.verify(PASSWORD, "stored") for _ in range(2))) == [True] * 2
    )


async def test_who_goes_away_leaves_their_place_to_others(blocked):
    hasher = limited(max_waiting=1)
    busy = [asyncio.create_task(hasher.verify(PASSWORD, "stored")) for _ in range(2)]
    gone = asyncio.create_task(hasher.verify(PASSWORD, "stored"))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    waiting = asyncio.create_task(hasher.verify(PASSWORD, "stored"))
    await asyncio.sleep(0)
    blocked.let_go.set()
    assert await asyncio.gather(*busy, waiting) == [True] * 3


@given(st.text(max_size=200))
def test_bcrypt_gets_as_much_as_it_reads_of_any_password(hasher, password):
    prepared = hasher._prepare(password)
    assert len(prepared) == 64
    assert b"\0" not in prepared


@pytest.mark.parametrize("length", [8, 128])
def test_passwords_within_the_limits_are_accepted(length):
    assert check_password_rules("й" * length) is None


@pytest.mark.parametrize(
    ("length", "told"), [(0, "at least 8"), (7, "at least 8"), (129, "at most 128")]
)
def test_passwords_beyond_the_limits_are_refused(length, told):
    with pytest.raises(InvalidInput, match=told) as caught:
        check_password_rules("й" * length)
    assert caught.value.extra["errors"][0]["pointer"] == "/password"
