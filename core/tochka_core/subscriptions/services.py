"""What a tenant is entitled to now."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.db.clock import clock
from tochka_core.subscriptions.models import Entitlement


async def is_entitled(session: AsyncSession, tenant_id: UUID, module: str) -> bool:
    """Tell whether a subscription of the tenant covers *module* now."""
    return module in await entitled_modules(session, tenant_id)


async def entitled_modules(session: AsyncSession, tenant_id: UUID) -> frozenset[str]:
    """Return the names of the modules that a subscription of the tenant covers now."""
    has_not_ended = or_(Entitlement.ends_at.is_(None), Entitlement.ends_at > clock())
    live = select(Entitlement.module).where(
        Entitlement.tenant_id == tenant_id, Entitlement.starts_at <= clock(), has_not_ended
    )
    return frozenset((await session.scalars(live)).all())
