"""Where commands get a new password from: never from an argument, which others can see."""

import sys
from collections.abc import Callable
from typing import TextIO

import click

from tochka_core.errors import OperatorError
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.passwords.rules import check_password_rules
from tochka_core.settings import Settings

password_option = click.option(
    "--password-stdin",
    "from_stdin",
    is_flag=True,
    help="Read the password from the first line of standard input.",
)
"""Every command that sets a password has it; without it the password is asked for."""


def read_password(*, phone: str, from_stdin: bool, before_asking: Callable[[], None]) -> str:
    """Return a new password for the person with *phone* (E.164).

    *before_asking* may raise what would be in vain to have typed a password for.

    Raises:
        OperatorError: there is nothing to read it from, or no client could send it.
        InvalidInput: it breaks a rule.
    """
    password = _read_line() if from_stdin else _ask(before_asking)
    if "\0" in password:
        raise OperatorError("The password contains U+0000, which nobody can sign in with.")
    check_password_rules(password, phone=phone)
    return password


async def hash_password(settings: Settings, password: str) -> str:
    """Return the hash to store."""
    hasher = PasswordHasher(cost=settings.bcrypt_cost, pepper=settings.password_pepper)
    return await hasher.hash(password)


def _ask(before_asking: Callable[[], None]) -> str:
    if not _open_input().isatty():
        raise OperatorError("There is no terminal to ask for the password: use --password-stdin.")
    before_asking()
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _read_line() -> str:
    try:
        line = _open_input().readline()
        line.encode()
    except UnicodeError:
        raise OperatorError("The password is not UTF-8.") from None
    return line.rstrip("\r\n")


def _open_input() -> TextIO:
    if sys.stdin is None:  # the caller has closed it
        raise OperatorError("There is no standard input to read the password from.")
    return sys.stdin
