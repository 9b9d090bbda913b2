"""Giving modules the settings of tenants: to handlers without a query, once they are known."""

from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.access.cache import MAX_SUBJECTS, Cache, Fact
from tochka_core.encryption.ring import EncryptionRing, SecretUnreadable
from tochka_core.module_settings.catalog import SettingsCatalog
from tochka_core.module_settings.stored import read_stored, weigh

_log = structlog.get_logger(__name__)


class SettingsReader:
    """Reads the settings of tenants for handlers, from what the worker knows of them.

    What is known is JSON, of which each request makes settings of its own: whatever a handler does
    with them, the next one finds them as they were set.
    """

    def __init__(self, cache: Cache, catalog: SettingsCatalog, ring: EncryptionRing) -> None:
        """Read what *cache* does not know from the database; *ring* decrypts secrets."""
        self._cache = cache
        self._kinds = {kind.module: kind for kind in catalog}
        self._ring = ring
        self._fact = Fact("settings", self._read)
        self._told: set[tuple[UUID, str, int]] = set()

    async def read(self, tenant_id: UUID, module: str) -> msgspec.Struct:
        """Return what a tenant has set for *module*, and the defaults of all else.

        Raises:
            SecretUnreadable: a secret that the tenant has set is.
        """
        async with self._cache.look() as look:
            document = await look.find(self._fact, tenant_id, module)
        if document is None:
            raise SecretUnreadable
        return self._kinds[module].decode(document)

    async def _read(self, session: AsyncSession, tenant_id: UUID, module: str) -> bytes | None:
        """Return the values that are in force as JSON, `None` where a secret is unreadable."""
        kind = self._kinds[module]
        stored = await read_stored(session, tenant_id, module)
        found = weigh(kind, stored, self._ring, tenant_id)
        version = (tenant_id, module, stored.version)
        if found.refused and version not in self._told:
            self._tell(version, sorted(found.refused))
        return None if found.unreadable else msgspec.json.encode(found.values)

    def _tell(self, version: tuple[UUID, str, int], fields: list[str]) -> None:
        """Log once what is passed over, by the names of the fields: values may be anything."""
        if len(self._told) >= MAX_SUBJECTS:
            self._told.clear()
        self._told.add(version)
        tenant_id, module, number = version
        told = {"module": module, "tenant": str(tenant_id), "version": number, "fields": fields}
        _log.warning("settings not accepted", **told)
