"""A module's door to the database outside of a request."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Tenant, Unavailable
from tochka_plugins.context import SettingsT
from tochka_plugins.errors import ModuleNotOpen

from tochka_core.access.cache import MAX_SUBJECTS, Cache, Look
from tochka_core.access.facts import TENANT, read_active_tenants
from tochka_core.encryption.ring import EncryptionRing, SecretUnreadable
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.stored import read_stored, weigh
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.neighbours.venue import Venue
from tochka_core.subscriptions.door import SubscriptionDoor
from tochka_core.subscriptions.sales import Sales

_log = structlog.get_logger(__name__)


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """What the doors of all modules in one process lead to."""

    cache: Cache
    """Knows what is open to whom; its database is opened."""
    neighbourhood: Neighbourhood
    ring: EncryptionRing
    """Decrypts the secrets in settings."""
    sales: Sales | None = None
    """Records what is sold; `None` where not all modules can be told."""


class ModuleDoor:
    """Opens scopes for one module, reads its settings, and sells; nothing else.

    A reason to see all tenants is logged, from the second time on for who looks for it: a module
    may have it every second.
    """

    def __init__(self, doors: Doors, module: str) -> None:
        """Lead *module* to what all *doors* lead to."""
        self._doors = doors
        self._cache = doors.cache
        self._module = module
        self._told: set[str] = set()

    @property
    def subscriptions(self) -> SubscriptionDoor:
        """What records what was sold.

        Raises:
            Unavailable: there is nothing here that could tell all modules.
        """
        if self._doors.sales is None:
            raise Unavailable("Nothing is sold outside of a worker.", retry_after_seconds=60)
        return SubscriptionDoor(self._cache.database, self._doors.sales, self._module)

    @asynccontextmanager
    async def tenant_scope(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """Open a transaction that sees and writes the rows of one tenant only.

        Raises:
            ModuleNotOpen: the module is not open to the tenant, or there is no such tenant.
        """
        async with self._cache.look() as look:
            venue = await self._enter(look, tenant_id)
        async with self._cache.database.tenant_scope(tenant_id) as session:
            self._doors.neighbourhood.introduce(session, self._module, venue)
            yield session

    def platform_scope(self, *, reason: str) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees the rows of all tenants; *reason* is logged."""
        tell = _log.debug if reason in self._told else _log.info
        tell("platform scope", module=self._module, reason=reason)
        if len(self._told) < MAX_SUBJECTS:
            self._told.add(reason)
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

    async def find_tenant(self, tenant_id: UUID) -> Tenant | None:
        """Return the tenant if it is active and the module is open to it, else `None`."""
        async with self._cache.look() as look:
            found = await look.find(TENANT, tenant_id)
        if found is None or found.is_suspended or found.purge_after is not None:
            return None
        if self._module not in found.modules.open_at(datetime.now(UTC)):
            return None
        return Tenant(found.id, found.name, found.title)

    async def settings(self, tenant_id: UUID, kind: type[SettingsT]) -> SettingsT:
        """Return what a tenant has set for the module, and the defaults of what it has not.

        Raises:
            ModuleNotOpen: the module is not open to the tenant, or there is no such tenant.
            SecretUnreadable: a secret that the tenant has set is.
        """
        declared = SettingsKind(self._module, kind)
        async with self._cache.look() as look:
            await self._enter(look, tenant_id)
            stored = await read_stored(await look.session(), tenant_id, self._module)
        found = weigh(declared, stored, self._doors.ring, tenant_id)
        if found.unreadable:
            raise SecretUnreadable
        return cast("SettingsT", declared.make(found.values))  # of the kind that was asked for

    async def _enter(self, look: Look, tenant_id: UUID) -> Venue:
        tenant = await look.find(TENANT, tenant_id)
        opened = frozenset() if tenant is None else tenant.modules.open_at(datetime.now(UTC))
        if tenant is None or self._module not in opened:
            raise ModuleNotOpen(self._module, tenant_id)
        return Venue(Tenant(tenant.id, tenant.name, tenant.title), opened)
