"""The queries behind access control."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Principal
from tochka_plugins.context import TenantRole

from tochka_core.registry.models import TenantModule
from tochka_core.tenants.models import Membership, Tenant
from tochka_core.users.models import User


class Found(msgspec.Struct, frozen=True):
    """A tenant that a request names, as far as access depends on it."""

    id: UUID
    name: str
    title: str
    is_by_domain: bool
    """Named by the host, not only by the header."""
    is_suspended: bool
    suspension_reason: str | None
    purge_after: datetime | None
    """Set while it is deleted."""
    role: TenantRole | None
    """The caller's role; `None` for who is no member."""
    has_module: bool
    """The tenant has enabled the module that is asked for."""


async def find_principal(session: AsyncSession, user_id: UUID) -> Principal | None:
    """Return the active person with *user_id*, `None` where there is none."""
    row = (
        await session.execute(
            select(User.phone, User.role).where(User.id == user_id, User.is_active)
        )
    ).one_or_none()
    return None if row is None else Principal(user_id=user_id, phone=row.phone, role=row.role)


async def find_tenant(
    session: AsyncSession,
    *,
    name: str | None,
    domain: str,
    user_id: UUID | None,
    module: str | None,
) -> list[Found]:
    """Return the tenants that *name* and *domain* mean: none, one, or two different ones."""
    if name is None and not domain:
        return []
    has_module = exists().where(
        TenantModule.tenant_id == Tenant.id, TenantModule.module == (module or "")
    )
    rows = await session.execute(
        select(
            Tenant.id,
            Tenant.name,
            Tenant.title,
            Tenant.domain,
            Tenant.suspended_at,
            Tenant.suspension_reason,
            Tenant.purge_after,
            Membership.role,
            has_module.label("has_module"),
        )
        .outerjoin(
            Membership, and_(Membership.tenant_id == Tenant.id, Membership.user_id == user_id)
        )
        .where(or_(Tenant.domain == domain, Tenant.name == name))
    )
    return [
        Found(
            id=row.id,
            name=row.name,
            title=row.title,
            is_by_domain=row.domain == domain,
            is_suspended=row.suspended_at is not None,
            suspension_reason=row.suspension_reason,
            purge_after=row.purge_after,
            role=row.role,
            has_module=row.has_module,
        )
        for row in rows
    ]
