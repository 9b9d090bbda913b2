"""Which passwords are accepted."""

import unicodedata
from contextlib import nullcontext

import pytest
from tochka_core.passwords.rules import check_password_rules
from tochka_plugins import InvalidInput

PHONE = "+79123456789"


def check(password):
    return check_password_rules(password, phone=PHONE)


@pytest.mark.parametrize("length", [8, 128])
def test_passwords_within_the_limits_are_accepted(length):
    assert check("й" * length) is None


@pytest.mark.parametrize(
    ("length", "told"), [(0, "at least 8"), (7, "at least 8"), (129, "at most 128")]
)
def test_passwords_beyond_the_limits_are_refused(length, told):
    with pytest.raises(InvalidInput, match=told) as caught:
        check("й" * length)
    assert caught.value.extra["errors"][0]["pointer"] == "/password"


@pytest.mark.parametrize(
    ("length", "is_accepted"), [(7, False), (8, True), (128, True), (129, False)]
)
def test_a_letter_counts_once_however_a_keyboard_composes_it(length, is_accepted):
    decomposed = unicodedata.normalize("NFD", "й" * length)
    with nullcontext() if is_accepted else pytest.raises(InvalidInput):
        assert check(decomposed) is None


@pytest.mark.parametrize(
    "password", ["password1", "PassWord1", "12345678", "qwertyuiop", "1q2w3e4r5t", "ghbdtnrfrltkf"]
)
def test_a_common_password_is_refused_in_any_case(password):
    with pytest.raises(InvalidInput, match="common password") as caught:
        check(password)
    assert caught.value.extra["errors"][0]["pointer"] == "/password"


@pytest.mark.parametrize(
    "password", [PHONE, "89123456789", "8 (912) 345-67-89", "9123456789", "23456789"]
)
def test_the_persons_own_phone_is_refused_however_it_is_written(password):
    with pytest.raises(InvalidInput, match="phone number"):
        check(password)


@pytest.mark.parametrize(
    "password", ["correct horse", "password1 password2", "+79123456780", "9123456789!x", "ПарольЁж"]
)
def test_what_is_neither_is_accepted(password):
    assert check(password) is None
