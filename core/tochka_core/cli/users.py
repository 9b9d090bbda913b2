"""`tochka users`."""

import asyncio
import sys
from typing import get_args

import click
from tochka_plugins.context import PlatformRole

from tochka_core.cli.group import TochkaGroup, read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.errors import OperatorError
from tochka_core.local import running_database
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.passwords.rules import check_password_rules
from tochka_core.registry.session import in_platform_scope
from tochka_core.settings import Settings
from tochka_core.users.phones import normalize_phone
from tochka_core.users.schemas import UserOut
from tochka_core.users.services import create_user


@click.group(cls=TochkaGroup)
def users() -> None:
    """Manage people."""


@users.command()
@click.option("--phone", required=True, help="Phone number, such as +79123456789.")
@click.option(
    "--role", type=click.Choice(get_args(PlatformRole)), default="user", show_default=True
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def create(*, phone: str, role: PlatformRole, password_stdin: bool, as_json: bool) -> None:
    """Create a person; the password is asked for, or read from standard input."""
    settings = read_settings()
    number = normalize_phone(phone, region=settings.default_region)
    password = _read_password(from_stdin=password_stdin)
    check_password_rules(password, phone=number)
    with running_database(settings) as running:
        user = asyncio.run(_create(running, phone=number, password=password, role=role))
    if as_json:
        print_json(user)
    else:
        click.echo(f"Created {user.role} {user.phone}.")


def _read_password(*, from_stdin: bool) -> str:
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


async def _create(settings: Settings, *, phone: str, password: str, role: PlatformRole) -> UserOut:
    hasher = PasswordHasher(cost=settings.bcrypt_cost, pepper=settings.password_pepper)
    password_hash = await hasher.hash(password)
    async with in_platform_scope(settings, reason="tochka users create") as session:
        return UserOut.of(
            await create_user(session, phone=phone, password_hash=password_hash, role=role)
        )
