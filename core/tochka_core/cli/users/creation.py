"""`tochka users create`."""

from typing import get_args

import click
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins.context import PlatformRole

from tochka_core.cli.group import read_settings
from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.session import in_platform
from tochka_core.cli.users.passwords import hash_password, password_option, read_password
from tochka_core.settings import Settings
from tochka_core.users.phones import normalize_phone
from tochka_core.users.schemas import AccountOut
from tochka_core.users.services import create_user, refuse_taken


@click.command()
@click.option("--phone", required=True, help="Phone number, such as +79123456789.")
@click.option(
    "--role", type=click.Choice(get_args(PlatformRole)), default="user", show_default=True
)
@password_option
@json_option
def create(*, phone: str, role: PlatformRole, from_stdin: bool, as_json: bool) -> None:
    """Create a person; the password is asked for, or read from standard input."""
    settings = read_settings()
    number = normalize_phone(phone, region=settings.default_region)

    async def look(session: AsyncSession, _: Settings) -> None:
        await refuse_taken(session, number)

    async def work(session: AsyncSession, running: Settings) -> AccountOut:
        password_hash = await hash_password(running, password)
        return AccountOut.of(
            await create_user(session, phone=number, password_hash=password_hash, role=role)
        )

    password = read_password(
        phone=number,
        from_stdin=from_stdin,
        before_asking=lambda: in_platform("users create", look, settings=settings),
    )
    user = in_platform("users create", work, settings=settings)
    if as_json:
        print_json(user)
    else:
        click.echo(f"Created {user.role} {user.phone}.")
