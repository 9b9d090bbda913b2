"""A module's door to the database outside of a request."""

from contextlib import AbstractAsyncContextManager
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.db.database import Database

_log = structlog.get_logger(__name__)


class ModuleDoor:
    """Opens scopes for one module, and nothing else; whose reason to see all tenants is logged."""

    def __init__(self, database: Database, module: str) -> None:
        """Open scopes on *database* for *module*."""
        self._database = database
        self._module = module

    def tenant_scope(self, tenant_id: UUID) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees and writes the rows of one tenant only."""
        return self._database.tenant_scope(tenant_id)

    def platform_scope(self, *, reason: str) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees the rows of all tenants; *reason* is logged."""
        _log.info("platform scope", module=self._module, reason=reason)
        return self._database.platform_scope(reason=reason)
