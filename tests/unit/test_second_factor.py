"""Codes of an app, recovery codes, and the guard that asks for them, without a database."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.second_factor.recovery_codes import hash_of, new_code
from tochka_core.second_factor.totp import (
    STEP_SECONDS,
    app_address,
    find_step,
    new_secret,
    read_code,
)
from tochka_plugins import NotAuthenticated, PermissionDenied, Person, Principal, requires_step_up
from tochka_plugins.guards import StepUpRequired

NOW = 1_700_000_010.0
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = int(NOW) // STEP_SECONDS


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_is_good_one_step_before_and_after_its_time(steps):
    code = pyotp.TOTP(SECRET).at(NOW + steps * STEP_SECONDS)
    assert find_step(SECRET, code, at_seconds=NOW) == STEP + steps


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_is_not_good_two_steps_away(steps):
    code = pyotp.TOTP(SECRET).at(NOW + steps * STEP_SECONDS)
    assert find_step(SECRET, code, at_seconds=NOW) is None


def test_the_code_of_another_secret_is_not_good():
    assert find_step(SECRET, pyotp.TOTP(new_secret()).at(NOW), at_seconds=NOW) is None


def test_secrets_have_160_bits_and_differ():
    assert len(pyotp.TOTP(new_secret()).byte_secret()) == 20
    assert new_secret() != new_secret()


def test_an_app_is_told_whose_secret_it_is():
    read = pyotp.parse_uri(app_address(SECRET, phone="+79123456789"))
    assert (read.secret, read.name, read.issuer) == (SECRET, "+79123456789", "Tochka Rosta")
    assert find_step(SECRET, read.at(NOW), at_seconds=NOW) == STEP


@pytest.mark.parametrize("text", ["123456", " 123 456 ", "123\u00a0456\n"])
def test_a_code_may_be_spaced(text):
    assert read_code(text) == "123456"


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567", "12345a", "１２３４５６", "-12345", "²23456"]
)
def test_what_has_not_six_digits_is_no_code(text):
    assert read_code(text) is None


def test_recovery_codes_are_long_and_random():
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    for code in codes:
        groups = code.split("-")
        assert [len(group) for group in groups] == [5] * 5
        assert not set("".join(groups)) & set("ILOU")


def test_a_recovery_code_is_the_same_however_it_is_written():
    written = "0ABC1-DEFGH-JKMNP-QRSTV-WXYZ0"
    for other in (
        written.lower(),
        written.replace("-", ""),
        f"  {written.replace('-', ' - ')}\n",
        "OABCI-DEFGH-JKMNP-QRSTV-WXYZo",
        "oabcl-defgh-jkmnp-qrstv-wxyzO",
    ):
        assert hash_of(other) == hash_of(written)
    assert hash_of(written[:-1] + "1") != hash_of(written)


@given(st.text(max_size=100))
def test_any_text_can_be_asked_about(text):
    assert read_code(text) in {None, "".join(text.split())}
    assert len(hash_of(text)) == len(hash_of(""))


def signed_in(proved_at):
    return Principal(Person(uuid4(), "+79123456789", "user", stepped_up_at=proved_at))


async def ask(principal, *, max_age_seconds=60):
    connection = SimpleNamespace(scope={"user": principal})
    await requires_step_up(max_age_seconds=max_age_seconds)(connection, None)


async def test_a_fresh_proof_opens_the_route():
    await ask(signed_in(datetime.now(UTC) - timedelta(seconds=30)))


async def test_an_old_proof_is_refused_and_told_where_to_renew_it():
    with pytest.raises(StepUpRequired) as caught:
        await ask(signed_in(datetime.now(UTC) - timedelta(seconds=90)))
    assert caught.value.status == 403
    assert caught.value.extra == {"step_up": "/api/v1/auth/step-up", "max_age_seconds": 60}


async def test_an_api_key_proves_nothing():
    with pytest.raises(PermissionDenied, match="not an API key"):
        await ask(Principal(api_key_id=uuid4()))


async def test_who_has_no_second_factor_passes():
    await ask(signed_in(None))


async def test_who_is_not_signed_in_does_not():
    with pytest.raises(NotAuthenticated):
        await ask(None)


@pytest.mark.parametrize("seconds", [0, -1])
def test_an_age_that_nobody_has_is_refused(seconds):
    with pytest.raises(ValueError, match="at least 1"):
        requires_step_up(max_age_seconds=seconds)
