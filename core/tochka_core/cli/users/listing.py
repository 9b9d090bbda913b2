"""`tochka users list`."""

from typing import Annotated, Final

import click
import msgspec
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import PageQuery
from tochka_plugins.pagination import MAX_TEXT

from tochka_core.cli.input import read_input
from tochka_core.cli.output import json_option, print_json, print_table, show_moment
from tochka_core.cli.session import in_platform
from tochka_core.settings import Settings
from tochka_core.users.administration import list_users
from tochka_core.users.schemas import AccountOut

_AT_ONCE: Final = 1000


class _Search(msgspec.Struct):
    search: Annotated[str, Meta(max_length=MAX_TEXT)] | None


@click.command("list")
@click.option("--search", help="A part of a phone, or all of it in any spelling.")
@click.option("--inactive", is_flag=True, help="Those only who are deactivated.")
@json_option
def list_all(*, search: str | None, inactive: bool, as_json: bool) -> None:
    """List people, by phone."""
    wanted = read_input(_Search, search=search)

    async def work(session: AsyncSession, settings: Settings) -> list[AccountOut]:
        found: list[AccountOut] = []
        total = 1
        while len(found) < total:
            query = PageQuery(_AT_ONCE, len(found), order_by="phone", search=wanted.search)
            users, total = await list_users(
                session,
                query,
                region=settings.default_region,
                is_active=False if inactive else None,
            )
            found += map(AccountOut.of, users)
            if not users:
                break
        return found

    found = in_platform("users list", work)
    if as_json:
        print_json(found)
    elif found:
        rows = [
            (
                user.phone,
                user.role,
                "active" if user.is_active else "inactive",
                show_moment(user.created_at),
                str(user.id),
            )
            for user in found
        ]
        print_table(("PHONE", "ROLE", "STATE", "CREATED", "ID"), rows)
    else:
        click.echo("Nobody is found.")
