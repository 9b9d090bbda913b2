"""`tochka users deactivate`, `activate` and `reset-password`."""

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.session import in_platform
from tochka_core.cli.users.passwords import hash_password, password_option, read_password
from tochka_core.settings import Settings
from tochka_core.users.administration import set_active, set_password
from tochka_core.users.phones import normalize_phone
from tochka_core.users.schemas import AccountOut
from tochka_core.users.services import get_user_by_phone


@click.command()
@click.argument("phone")
@json_option
def deactivate(*, phone: str, as_json: bool) -> None:
    """Keep the person with PHONE out, at once; `tochka users activate` undoes it.

    Their sessions end. The last active platform_master stays.
    """
    user = _switch("deactivate", phone, is_active=False)
    _print(user, f"Deactivated {user.phone}.", as_json)


@click.command()
@click.argument("phone")
@json_option
def activate(*, phone: str, as_json: bool) -> None:
    """Let the person with PHONE sign in again."""
    user = _switch("activate", phone, is_active=True)
    _print(user, f"Activated {user.phone}.", as_json)


@click.command()
@click.argument("phone")
@password_option
@json_option
def reset_password(*, phone: str, from_stdin: bool, as_json: bool) -> None:
    """Give the person with PHONE another password; it is asked for, or read from standard input.

    Their sessions end.
    """
    settings = read_settings()
    number = normalize_phone(phone, region=settings.default_region)
    password = read_password(phone=number, from_stdin=from_stdin)

    async def work(session: AsyncSession, running: Settings) -> AccountOut:
        password_hash = await hash_password(running, password)
        user = await get_user_by_phone(session, number)
        await set_password(session, user.id, password_hash)
        return AccountOut.of(user)

    user = in_platform("users reset-password", work, settings=settings)
    _print(user, f"Set another password for {user.phone}.", as_json)


def _switch(command: str, phone: str, *, is_active: bool) -> AccountOut:
    async def work(session: AsyncSession, settings: Settings) -> AccountOut:
        number = normalize_phone(phone, region=settings.default_region)
        user = await get_user_by_phone(session, number)
        return AccountOut.of(await set_active(session, user.id, is_active=is_active, actor=None))

    return in_platform(f"users {command}", work)


def _print(user: AccountOut, line: str, as_json: bool) -> None:  # noqa: FBT001 - as the option has it
    if as_json:
        print_json(user)
    else:
        click.echo(line)
