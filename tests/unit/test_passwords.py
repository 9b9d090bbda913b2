"""Password hashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.auth.passwords import PasswordHasher, check_password_rules
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


@given(st.text(max_size=200))
def test_bcrypt_gets_as_much_as_it_reads_of_any_password(hasher, password):
    prepared = hasher._prepare(password)
    assert len(prepared) == 64
    assert b"\0" not in prepared


@pytest.mark.parametrize("length", [8, 128])
def test_passwords_within_the_limits_are_accepted(length):
    check_password_rules("й" * length)


@pytest.mark.parametrize(
    ("length", "told"), [(0, "at least 8"), (7, "at least 8"), (129, "at most 128")]
)
def test_passwords_beyond_the_limits_are_refused(length, told):
    with pytest.raises(InvalidInput, match=told) as caught:
        check_password_rules("й" * length)
    assert caught.value.extra["errors"][0]["pointer"] == "/password"
