"""`tochka users remove-second-factor`."""

import click
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.output import json_option, print_json
from tochka_core.cli.session import in_platform
from tochka_core.second_factor.administration import remove_second_factor
from tochka_core.settings import Settings
from tochka_core.users.phones import normalize_phone
from tochka_core.users.schemas import AccountOut
from tochka_core.users.services import get_user_by_phone


@click.command("remove-second-factor")
@click.argument("phone")
@json_option
def remove(*, phone: str, as_json: bool) -> None:
    """Let the person with PHONE, who has lost it, sign in by the password alone.

    All their sessions end. Be sure that it is they who ask.
    """

    async def work(session: AsyncSession, settings: Settings) -> AccountOut:
        number = normalize_phone(phone, region=settings.default_region)
        user = await get_user_by_phone(session, number)
        await remove_second_factor(session, user.id, actor=None)
        return AccountOut.of(user)

    user = in_platform("users remove-second-factor", work)
    if as_json:
        print_json(user)
    else:
        click.echo(f"Removed the second factor of {user.phone}.")
