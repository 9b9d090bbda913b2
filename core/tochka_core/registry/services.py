"""What modules there are, and which ones a tenant has enabled."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.registry.models import Module, TenantModule


async def list_modules(session: AsyncSession) -> Sequence[Module]:
    """Return every module that was ever seen, by name."""
    return (await session.scalars(select(Module).order_by(Module.name))).all()


async def modules_in_use(session: AsyncSession) -> frozenset[str]:
    """Return the names of the modules that some tenant has enabled."""
    is_used = exists().where(TenantModule.module == Module.name)
    return frozenset((await session.scalars(select(Module.name).where(is_used))).all())


async def enabled_modules(session: AsyncSession, tenant_id: UUID) -> frozenset[str]:
    """Return the names of the modules that the tenant has enabled."""
    names = select(TenantModule.module).where(TenantModule.tenant_id == tenant_id)
    return frozenset((await session.scalars(names)).all())
