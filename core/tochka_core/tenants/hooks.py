"""Telling modules what becomes of a tenant, inside the transaction in which it happens."""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Event
from tochka_plugins.host import StagedModule
from tochka_plugins.subscriptions import Subscription

from tochka_core.db.narrowing import narrowed
from tochka_core.neighbours.errors import ModuleAway
from tochka_core.neighbours.event_catalog import carried
from tochka_core.neighbours.neighbourhood import PUBLISHED, Neighbourhood
from tochka_core.neighbours.venue import read_venue
from tochka_core.registry.services import enabled_modules
from tochka_core.tenants.models import Tenant

_log = structlog.get_logger(__name__)


class TenantHooks:
    """The modules of one process, as far as they want to know of tenants."""

    def __init__(self, neighbourhood: Neighbourhood) -> None:
        """Tell the modules of *neighbourhood*, in the order of dependencies."""
        self._neighbourhood = neighbourhood

    async def created(self, session: AsyncSession, tenant: Tenant) -> None:
        """Let every module prepare for *tenant*, which *session* has just made.

        Raises:
            TochkaError: a module refuses it.
            ModuleFailed: a module has failed.
        """
        for module in self._neighbourhood.modules:
            await self._tell(module, "tochka_tenant_created", session, tenant)

    async def deleting(
        self, session: AsyncSession, tenant: Tenant, *, purge_after: datetime
    ) -> None:
        """Let the modules that *tenant* has enabled agree to its deletion, dependents first.

        Raises:
            TochkaError: a module refuses it.
            ModuleFailed: a module has failed.
        """
        enabled = await enabled_modules(session, tenant.id)
        for module in reversed(self._neighbourhood.modules):
            if module.name in enabled:
                hook = "tochka_tenant_deleting"
                await self._tell(module, hook, session, tenant, purge_after=purge_after)

    async def module_enabled(self, session: AsyncSession, tenant: Tenant, name: str) -> None:
        """Let the module *name* prepare for *tenant*, which has just enabled it.

        Raises:
            TochkaError: it refuses.
            ModuleFailed: it has failed.
            ModuleAway: it does not serve in this process, and would never know.
        """
        module, hook = self._neighbourhood.find(name), "tochka_module_enabled"
        is_stopped = name in self._neighbourhood.stopped
        if module is None or (is_stopped and module.hooks.implements(hook)):
            raise ModuleAway(name)
        await self._tell(module, hook, session, tenant)

    async def module_disabled(self, session: AsyncSession, tenant: Tenant, name: str) -> None:
        """Let the module *name* agree to it that *tenant* has it no more.

        One that does not serve is left out, and that is logged: it would be had for ever.

        Raises:
            TochkaError: it refuses.
            ModuleFailed: it has failed.
        """
        module, hook = self._neighbourhood.find(name), "tochka_module_disabled"
        if module is None:
            _log.warning("module not told", module=name, hook=hook, tenant=str(tenant.id))
        else:
            await self._tell(module, hook, session, tenant)

    async def subscription_changed(
        self, session: AsyncSession, tenant: Tenant, subscription: Subscription
    ) -> None:
        """Let every module know what was sold to *tenant*, or what has become of it.

        Raises:
            TochkaError: a module refuses it.
            ModuleFailed: a module has failed.
        """
        for module in self._neighbourhood.modules:
            hook = "tochka_subscription_changed"
            await self._tell(module, hook, session, tenant, subscription=subscription)

    async def publish(self, session: AsyncSession, tenant: Tenant, event: Event) -> None:
        """Let the modules that are open to *tenant* know of an event of the platform's.

        Raises:
            TochkaError: a module refuses it.
            ModuleFailed: a module has failed.
        """
        if not self._neighbourhood.listeners:
            return
        await session.flush()
        venue, told = await read_venue(session, tenant), carried(event)
        for module in self._neighbourhood.listeners_at(venue):
            lending = narrowed(session, tenant.id)
            await self._neighbourhood.tell(module, PUBLISHED, lending, venue.deeper(), event=told)

    async def _tell(
        self,
        module: StagedModule,
        hook: str,
        session: AsyncSession,
        tenant: Tenant,
        **arguments: object,
    ) -> None:
        if not module.hooks.implements(hook):
            return
        await session.flush()
        venue, lending = await read_venue(session, tenant), narrowed(session, tenant.id)
        await self._neighbourhood.tell(module, hook, lending, venue, **arguments)
