"""What the commands for tenants work with."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli import session as command_session
from tochka_core.cli.neighbourhood import neighbourhood_of
from tochka_core.registry.record import read_ready
from tochka_core.settings import Settings
from tochka_core.tenants.hooks import TenantHooks

T = TypeVar("T")


def in_platform(command: str, work: Callable[[AsyncSession, Settings], Awaitable[T]]) -> T:
    """Return what *work* returns, in a transaction that sees all tenants.

    Raises:
        OperatorError: the database cannot be used.
        Exception: whatever *work* raises; nothing is kept then.
    """
    return command_session.in_platform(f"tenants {command}", work)


async def load_hooks(session: AsyncSession, settings: Settings) -> TenantHooks:
    """Return the hooks of the modules that are ready; none of them is started here."""
    return TenantHooks(neighbourhood_of(await read_ready(session), settings))
