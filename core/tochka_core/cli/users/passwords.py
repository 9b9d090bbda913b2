"""Where commands get a new password from: never from an argument, which others can see."""

import sys

import click

from tochka_core.errors import OperatorError
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.passwords.rules import check_password_rules
from tochka_core.settings import Settings

password_option = click.option(
    "--password-stdin", "from_stdin", is_flag=True, help="Read the password from standard input."
)
"""Every command that sets a password has it; without it the password is asked for."""


def read_password(*, phone: str, from_stdin: bool) -> str:
    """Return a new password for the person with *phone* (E.164).

    Raises:
        OperatorError: there is nothing to read it from, or no client could send it.
        InvalidInput: it breaks a rule.
    """
    password = _read(from_stdin=from_stdin)
    if "\0" in password:
        raise OperatorError("The password contains U+0000, which nobody can sign in with.")
    check_password_rules(password, phone=phone)
    return password


async def hash_password(settings: Settings, password: str) -> str:
    """Return the hash to store."""
    hasher = PasswordHasher(cost=settings.bcrypt_cost, pepper=settings.password_pepper)
    return await hasher.hash(password)


def _read(*, from_stdin: bool) -> str:
    if sys.stdin is None:  # the caller has closed it
        raise OperatorError("There is no standard input to read the password from.")
    if from_stdin:
        return _read_line()
    if not sys.stdin.isatty():
        raise OperatorError("There is no terminal to ask for the password: use --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _read_line() -> str:
    try:
        line = sys.stdin.readline()
        line.encode()
    except UnicodeError:
        raise OperatorError("The password is not UTF-8.") from None
    return line.rstrip("\r\n")
