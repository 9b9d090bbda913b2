"""Telling a tenant how far it has come with its limits."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.limits.schemas import LimitOut

_LIMITS: Final = text("""
SELECT declared.name, declared.module, declared.title, declared.unit, declared.period,
    coalesce(usage.used, 0) AS used, bound.maximum, bound.is_of_plan, bound.resets_at AS reset
FROM tochka.tenant_modules AS enabled
JOIN tochka.limits AS declared ON declared.module = enabled.module
CROSS JOIN LATERAL tochka.effective_limit(enabled.tenant_id, declared.name) AS bound
LEFT JOIN tochka.limit_usage AS usage ON usage.tenant_id = enabled.tenant_id
    AND usage.name = declared.name AND usage.window_start >= bound.window_start
WHERE enabled.tenant_id = :tenant
ORDER BY declared.name COLLATE "C"
""")


async def list_limits(session: AsyncSession, tenant_id: UUID) -> Sequence[LimitOut]:
    """Return the limits of the modules that the tenant has enabled, by name."""
    rows = await session.execute(_LIMITS, {"tenant": tenant_id})
    return [LimitOut(**row) for row in rows.mappings()]
