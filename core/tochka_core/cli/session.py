"""The transaction that a command works in."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli.group import read_settings
from tochka_core.local import running_database
from tochka_core.registry.session import in_platform_scope
from tochka_core.settings import Settings

T = TypeVar("T")


def in_platform(
    command: str,
    work: Callable[[AsyncSession, Settings], Awaitable[T]],
    *,
    settings: Settings | None = None,
) -> T:
    """Return what *work* returns, in a transaction that sees all tenants.

    *settings* are read where *command* has not read them yet.

    Raises:
        OperatorError: the database cannot be used.
        Exception: whatever *work* raises; nothing is kept then.
    """

    async def run(running: Settings) -> T:
        async with in_platform_scope(running, reason=f"tochka {command}") as session:
            return await work(session, running)

    with running_database(settings or read_settings(), make=False) as running:
        return asyncio.run(run(running))
