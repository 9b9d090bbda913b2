"""Which passwords are accepted: long ones that are not the first to be guessed.

OWASP ASVS 5.0, 6.2: no rules about kinds of characters, and nothing is cut off.
"""

import re
import unicodedata
from functools import cache
from importlib import import_module
from typing import Final

from tochka_plugins import InvalidInput

MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 128
"""OWASP ASVS 5.0, 6.2.9 asks for at least 64."""

_NATIONAL_DIGITS: Final = 10
"""How much of a phone number stands without the code of the country, or what replaces it."""


def check_password_rules(password: str, *, phone: str | None) -> None:
    """Accept a new password of the person with *phone* (E.164), `None` where it is not known yet.

    Raises:
        InvalidInput: it is too short, too long, among the common ones, or the phone itself.
    """
    password = normalize_password(password)
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise _refused(f"A password has at least {MIN_PASSWORD_CHARACTERS} characters.")
    if len(password) > MAX_PASSWORD_CHARACTERS:
        raise _refused(f"A password has at most {MAX_PASSWORD_CHARACTERS} characters.")
    if password.casefold() in _common_passwords():
        raise _refused("This is a common password, and among the first that are guessed.")
    if phone is not None and _is_phone(password, phone):
        raise _refused("The phone number is no password: too many people know it.")


def normalize_password(password: str) -> str:
    """Return the one form (NFC) of a password that keyboards may compose or decompose."""
    return unicodedata.normalize("NFC", password)


def _refused(reason: str) -> InvalidInput:
    return InvalidInput(reason, pointer="/password")


def _is_phone(password: str, phone: str) -> bool:
    """Tell whether *password* is *phone* or a part of it, however it is written."""
    written = re.sub(r"[\s()+.-]", "", password)
    return written.isdecimal() and (written in phone or phone[-_NATIONAL_DIGITS:] in written)


@cache
def _common_passwords() -> frozenset[str]:
    """Return the common passwords that are long enough, in lower case.

    They are imported when the first password is set: it takes 30 ms, for which no start has to
    wait.
    """
    lists = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
    return frozenset(word for word in lists["passwords"] if len(word) >= MIN_PASSWORD_CHARACTERS)
