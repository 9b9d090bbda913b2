"""The settings that the modules of one process declare."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound, Unavailable
from tochka_plugins.host import StagedModule

from tochka_core.access.facts import TENANT
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.subscriptions.opening import ModuleLapsed


class SettingsCatalog:
    """What can be set, by module."""

    def __init__(
        self, modules: Iterable[StagedModule] = (), *, absent: Collection[str] = frozenset()
    ) -> None:
        """Take up what *modules* declare; those in *absent* could not be loaded."""
        self._absent = frozenset(absent)
        self._kinds = {
            module.name: None
            if module.settings is None
            else SettingsKind(module.name, module.settings)
            for module in modules
        }

    async def get_kind(self, session: AsyncSession, tenant_id: UUID, module: str) -> SettingsKind:
        """Return the settings of *module* for a tenant that may use it.

        Raises:
            NotFound: the tenant has not enabled it, it cannot be used, or it has no settings.
            ModuleLapsed: the tenant has no subscription to it now.
            Unavailable: it could not be loaded, so that nobody knows.
        """
        tenant = await TENANT.read(session, tenant_id)
        if tenant is None or module not in tenant.modules:
            raise NotFound("There is no such module.")
        if lapse := tenant.modules.why_closed(module, datetime.now(UTC)):
            raise ModuleLapsed(module, lapse)
        if module in self._absent:
            raise Unavailable("This module could not be started.", retry_after_seconds=60)
        if module not in self._kinds:
            raise NotFound(f"The module {module} cannot be used at present.")
        kind = self._kinds[module]
        if kind is None:
            raise NotFound("This module has no settings.")
        return kind

    def __iter__(self) -> Iterator[SettingsKind]:
        """Yield the settings of each module that has some."""
        return (kind for kind in self._kinds.values() if kind is not None)
