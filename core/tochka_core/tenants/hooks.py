"""Telling modules what becomes of a tenant, inside the transaction in which it happens."""

from collections.abc import Collection, Sequence
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Tenant as TenantContext
from tochka_plugins import TochkaError, Unavailable
from tochka_plugins.host import StagedModule
from tochka_plugins.host.quarantine import reason_of
from tochka_plugins.subscriptions import Subscription

from tochka_core.db.narrowing import narrowed
from tochka_core.registry.hook_run import HookFailed, run_hook
from tochka_core.registry.services import enabled_modules
from tochka_core.tenants.models import Tenant

_log = structlog.get_logger(__name__)


class ModuleFailed(Unavailable):
    """A module's own mistake keeps something from being done; the log has the reason."""

    def __init__(self, module: str) -> None:
        """Name *module*; its operator or author has to do something."""
        super().__init__(f"The module {module} has failed.", retry_after_seconds=60)
        self.extra = {"module": module}


class ModuleAway(Unavailable):
    """A module is ready, but does not serve in this process: another worker may do."""

    def __init__(self, module: str) -> None:
        """Name *module*; the log tells why it was not loaded or started."""
        super().__init__(f"The module {module} does not serve here.", retry_after_seconds=60)
        self.extra = {"module": module}


class TenantHooks:
    """The modules of one process, as far as they want to know of tenants.

    A module that could not be started is left out where a tenant is made or deleted, and that is
    logged: it would keep all tenants from that.
    """

    def __init__(
        self,
        modules: Sequence[StagedModule] = (),
        *,
        stopped: Collection[str] = frozenset(),
        hook_seconds: float,
    ) -> None:
        """Tell *modules*, in the order of dependencies, except those in *stopped* by then."""
        self._modules = modules
        self._by_name = {module.name: module for module in modules}
        self._stopped = stopped
        self._hook_seconds = hook_seconds

    async def created(self, session: AsyncSession, tenant: Tenant) -> None:
        """Let every module prepare for *tenant*, which *session* has just made.

        Raises:
            TochkaError: a module refuses it.
            ModuleFailed: a module has failed.
        """
        for module in self._modules:
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
        for module in reversed(self._modules):
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
        module, hook = self._by_name.get(name), "tochka_module_enabled"
        if module is None or (name in self._stopped and module.hooks.implements(hook)):
            raise ModuleAway(name)
        await self._tell(module, hook, session, tenant)

    async def module_disabled(self, session: AsyncSession, tenant: Tenant, name: str) -> None:
        """Let the module *name* agree to it that *tenant* has it no more.

        One that does not serve is left out, and that is logged: it would be had for ever.

        Raises:
            TochkaError: it refuses.
            ModuleFailed: it has failed.
        """
        module, hook = self._by_name.get(name), "tochka_module_disabled"
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
        for module in self._modules:
            hook = "tochka_subscription_changed"
            await self._tell(module, hook, session, tenant, subscription=subscription)

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
        if module.name in self._stopped:
            _log.warning("module not told", module=module.name, hook=hook, tenant=str(tenant.id))
            return
        about = TenantContext(tenant.id, tenant.name, tenant.title)
        await session.flush()
        try:
            async with narrowed(session, tenant.id) as own:
                seconds = self._hook_seconds
                await run_hook(
                    module, hook, hook_seconds=seconds, tenant=about, session=own, **arguments
                )
        except HookFailed as failure:
            if isinstance(failure.__cause__, TochkaError):
                raise failure.__cause__ from None
            _log.error("hook failed", module=module.name, hook=hook, reason=failure.reason)
            raise ModuleFailed(module.name) from failure
        except SQLAlchemyError as error:
            # What the hook has left to be written, or an error that it has swallowed.
            reason = reason_of(error, package=module.candidate.package)
            _log.error("hook failed", module=module.name, hook=hook, reason=reason)
            raise ModuleFailed(module.name) from error
