"""A module's door to the database outside of a request."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Tenant, Unavailable
from tochka_plugins.context import SettingsT
from tochka_plugins.errors import ModuleNotOpen

from tochka_core.access.cache import Cache, Look
from tochka_core.access.facts import TENANT, read_active_tenants
from tochka_core.encryption.ring import EncryptionRing, SecretUnreadable
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.stored import read_stored, weigh
from tochka_core.subscriptions.door import SubscriptionDoor
from tochka_core.subscriptions.sales import Sales

_log = structlog.get_logger(__name__)


class ModuleDoor:
    """Opens scopes for one module, reads its settings, and sells; nothing else.

    A reason to see all tenants is logged.
    """

    def __init__(
        self, cache: Cache, module: str, sales: Sales | None = None, *, ring: EncryptionRing
    ) -> None:
        """Open scopes for *module* on the database of *cache*, which knows what is open to whom.

        What it sells is recorded by *sales*, where all modules can be told. *ring* decrypts the
        secrets in its settings.
        """
        self._cache = cache
        self._module = module
        self._sales = sales
        self._ring = ring

    @property
    def subscriptions(self) -> SubscriptionDoor:
        """What records what was sold.

        Raises:
            Unavailable: there is nothing here that could tell all modules.
        """
        if self._sales is None:
            raise Unavailable("Nothing is sold outside of a worker.", retry_after_seconds=60)
        return SubscriptionDoor(self._cache.database, self._sales, self._module)

    @asynccontextmanager
    async def tenant_scope(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees and writes the rows of one tenant only.

        Raises:
            ModuleNotOpen: the module is not open to the tenant, or there is no such tenant.
        """
        async with self._cache.look() as look:
            await self._refuse_closed(look, tenant_id)
        async with self._cache.database.tenant_scope(tenant_id) as session:
            yield session

    def platform_scope(self, *, reason: str) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees the rows of all tenants; *reason* is logged."""
        _log.info("platform scope", module=self._module, reason=reason)
        return self._cache.database.platform_scope(reason=reason)

    async def tenants(self) -> Sequence[Tenant]:
        """Return the active tenants that the module is open to now, by name."""
        now = datetime.now(UTC)
        async with self.platform_scope(reason="its tenants") as session:
            found = await read_active_tenants(session, module=self._module)
        return [
            Tenant(tenant.id, tenant.name, tenant.title)
            for tenant in found
            if self._module in tenant.modules.open_at(now)
        ]

    async def settings(self, tenant_id: UUID, kind: type[SettingsT]) -> SettingsT:
        """Return what a tenant has set for the module, and the defaults of what it has not.

        Raises:
            ModuleNotOpen: the module is not open to the tenant, or there is no such tenant.
            SecretUnreadable: a secret that the tenant has set is.
        """
        declared = SettingsKind(self._module, kind)
        async with self._cache.look() as look:
            await self._refuse_closed(look, tenant_id)
            stored = await read_stored(await look.session(), tenant_id, self._module)
        found = weigh(declared, stored, self._ring, tenant_id)
        if found.unreadable:
            raise SecretUnreadable
        return cast("SettingsT", declared.make(found.values))  # of the kind that was asked for

    async def _refuse_closed(self, look: Look, tenant_id: UUID) -> None:
        tenant = await look.find(TENANT, tenant_id)
        if tenant is None or self._module not in tenant.modules.open_at(datetime.now(UTC)):
            raise ModuleNotOpen(self._module, tenant_id)
