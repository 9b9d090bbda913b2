"""`tochka users deactivate`, `activate`, `set-role` and `reset-password`."""

from collections.abc import Awaitable, Callable
from typing import get_args
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins.context import PlatformRole

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.session import in_platform
from tochka_core.cli.users.passwords import hash_password, password_option, read_password
from tochka_core.settings import Settings
from tochka_core.users.administration import set_active, set_password, set_role
from tochka_core.users.models import User
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
    user, is_new = _change("deactivate", phone, lambda *it: set_active(*it, is_active=False))
    line = f"Deactivated {user.phone}." if is_new else f"{user.phone} is deactivated already."
    _print(user, line, as_json)


@click.command()
@click.argument("phone")
@json_option
def activate(*, phone: str, as_json: bool) -> None:
    """Let the person with PHONE sign in again."""
    user, is_new = _change("activate", phone, lambda *it: set_active(*it, is_active=True))
    line = f"Activated {user.phone}." if is_new else f"{user.phone} is active already."
    _print(user, line, as_json)


@click.command("set-role")
@click.argument("phone")
@click.argument("role", type=click.Choice(get_args(PlatformRole)))
@json_option
def change_role(*, phone: str, role: PlatformRole, as_json: bool) -> None:
    """Make the person with PHONE a platform_master, or a user again.

    It is in force at once, also where they are signed in. The last active platform_master stays.
    """
    user, is_new = _change("set-role", phone, lambda *it: set_role(*it, role=role))
    _print(user, f"{user.phone} is a {role} {'now' if is_new else 'already'}.", as_json)


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

    async def look(session: AsyncSession, _: Settings) -> None:
        await get_user_by_phone(session, number)

    async def work(session: AsyncSession, running: Settings) -> AccountOut:
        password_hash = await hash_password(running, password)
        user = await get_user_by_phone(session, number)
        await set_password(session, user.id, password_hash)
        return AccountOut.of(user)

    password = read_password(
        phone=number,
        from_stdin=from_stdin,
        before_asking=lambda: in_platform("users reset-password", look, settings=settings),
    )
    user = in_platform("users reset-password", work, settings=settings)
    _print(user, f"Set another password for {user.phone}.", as_json)


def _change(
    command: str, phone: str, act: Callable[[AsyncSession, UUID], Awaitable[User]]
) -> tuple[AccountOut, bool]:
    """Return a person after *act*, and whether anything is otherwise than before."""

    async def work(session: AsyncSession, settings: Settings) -> tuple[AccountOut, bool]:
        number = normalize_phone(phone, region=settings.default_region)
        before = AccountOut.of(await get_user_by_phone(session, number))
        after = AccountOut.of(await act(session, before.id))
        return after, after != before

    return in_platform(f"users {command}", work)


def _print(user: AccountOut, line: str, as_json: bool) -> None:  # noqa: FBT001 - as the option has it
    if as_json:
        print_json(user)
    else:
        click.echo(line)
