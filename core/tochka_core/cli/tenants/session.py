"""What the commands for tenants work with."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.cli import session as command_session
from tochka_core.logs import configure_logging
from tochka_core.registry.following import load_ready
from tochka_core.registry.record import read_ready
from tochka_core.settings import Settings
from tochka_core.tenants.hooks import TenantHooks

T = TypeVar("T")
_log = structlog.get_logger(__name__)


def in_platform(command: str, work: Callable[[AsyncSession, Settings], Awaitable[T]]) -> T:
    """Return what *work* returns, in a transaction that sees all tenants.

    Raises:
        OperatorError: the database cannot be used.
        Exception: whatever *work* raises; nothing is kept then.
    """
    return command_session.in_platform(f"tenants {command}", work)


async def load_hooks(session: AsyncSession, settings: Settings) -> TenantHooks:
    """Return the hooks of the modules that are ready; none of them is started here."""
    assembly = load_ready(await read_ready(session))
    configure_logging(settings.log_level, packages=assembly.packages)
    for module in assembly.quarantined:
        _log.error("module not told", module=module.name, reason=module.reason)
    return TenantHooks(assembly.modules, hook_seconds=settings.import_seconds)
