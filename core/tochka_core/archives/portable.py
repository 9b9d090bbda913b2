"""Which rows of a tenant an archive holds: all but those that must work nowhere else."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins.schemas import CORE_SCHEMA

from tochka_core.tenants.tables import TenantTable, list_tenant_tables

_STAYING: Final = (
    "api_keys",
    "api_key_uses",
    "module_secrets",
    "subscriptions",
    "subscription_phases",
    "entitlements",
    "limit_entitlements",
)
STAYING: Final = frozenset(f"{CORE_SCHEMA}.{table}" for table in _STAYING)
"""Whoever makes an archive could bring in API keys of their own, and whoever holds a key that was
exported would have one more. Secrets of settings are encrypted for one tenant here, and decrypt
nowhere else. What a platform has sold opens nothing on another one."""


async def list_portable_tables(session: AsyncSession) -> Sequence[TenantTable]:
    """Return the tables of tenants whose rows are exported, and may be imported, in their order."""
    return [table for table in await list_tenant_tables(session) if table.path not in STAYING]
