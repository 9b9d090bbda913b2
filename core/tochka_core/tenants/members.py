"""Who belongs to a tenant."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, NotFound, PageQuery
from tochka_plugins.context import TenantRole

from tochka_core.tenants.models import Membership, Tenant
from tochka_core.users.models import User
from tochka_core.users.services import find_user_by_phone


async def get_user_by_phone(session: AsyncSession, phone: str) -> User:
    """Return the registered person with *phone* (E.164).

    Raises:
        NotFound: nobody has registered with it.
    """
    user = await find_user_by_phone(session, phone)
    if user is None:
        raise NotFound("Nobody has registered with this phone.")
    return user


async def list_members(
    session: AsyncSession, tenant: Tenant, query: PageQuery
) -> tuple[Sequence[tuple[Membership, User]], int]:
    """Return one page of the members, the oldest first, and how many there are."""
    members = Membership.tenant_id == tenant.id
    total = await session.scalar(select(func.count()).select_from(Membership).where(members))
    rows = await session.execute(
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(members)
        .order_by(Membership.created_at, Membership.user_id)
        .limit(query.limit)
        .offset(query.offset)
    )
    return [(row[0], row[1]) for row in rows], total or 0


async def add_member(
    session: AsyncSession, tenant: Tenant, user: User, role: TenantRole
) -> Membership:
    """Make *user* a member.

    The tenant's row must be locked (`get_managed_tenant`), so that two requests take turns.

    Raises:
        Conflict: they are one already.
    """
    if await session.get(Membership, (tenant.id, user.id)) is not None:
        raise Conflict("This person is a member already.")
    membership = Membership(tenant_id=tenant.id, user_id=user.id, role=role)
    session.add(membership)
    await session.flush()
    return membership


async def remove_member(session: AsyncSession, tenant: Tenant, user_id: UUID) -> None:
    """Take a person out of the tenant; the tenant's row must be locked.

    Raises:
        NotFound: they are no member.
        Conflict: they are the last owner.
    """
    membership = await session.get(Membership, (tenant.id, user_id))
    if membership is None:
        raise NotFound("There is no such member.")
    if membership.role == "owner":
        owners = await session.scalar(
            select(func.count())
            .select_from(Membership)
            .where(Membership.tenant_id == tenant.id, Membership.role == "owner")
        )
        if owners == 1:
            raise Conflict("The last owner cannot be removed.")
    await session.delete(membership)
    await session.flush()
