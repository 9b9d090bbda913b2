"""Who belongs to a tenant."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, NotFound, PageQuery
from tochka_plugins.core_events import MemberAdded, MemberRemoved, MemberRoleChanged

from tochka_core.tenants.giving import require_may_give
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.models import Membership, Tenant
from tochka_core.tenants.permissions import MANAGE_MEMBERS, PermissionCatalog
from tochka_core.tenants.standing import Standing
from tochka_core.users.models import User
from tochka_core.users.services import get_user


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
    session: AsyncSession,
    standing: Standing,
    catalog: PermissionCatalog,
    user: User,
    role: str,
    *,
    hooks: TenantHooks,
) -> Membership:
    """Make *user* a member.

    Raises:
        InvalidInput: the tenant has no such role.
        PermissionDenied: the role is not the caller's to give.
        Conflict: they are one already.
        TochkaError: a module refuses, or has failed.
    """
    tenant = standing.tenant
    await require_may_give(session, standing, catalog, role)
    if await session.get(Membership, (tenant.id, user.id)) is not None:
        raise Conflict("This person is a member already.")
    membership = Membership(tenant_id=tenant.id, user_id=user.id, role=role)
    session.add(membership)
    standing.record(session, "member.added", user=user.id, role=role)
    await session.flush()
    await hooks.publish(session, tenant, MemberAdded(user.id, role))
    return membership


async def change_role(
    session: AsyncSession,
    standing: Standing,
    catalog: PermissionCatalog,
    user_id: UUID,
    role: str,
    *,
    hooks: TenantHooks,
) -> tuple[Membership, User]:
    """Give a member another role.

    Raises:
        NotFound: they are no member.
        InvalidInput: the tenant has no such role.
        PermissionDenied: an owner is concerned, and it is no owner who acts, or the role is not the
            caller's to give.
        Conflict: they are the last owner.
        TochkaError: a module refuses, or has failed.
    """
    membership = await _get_member(session, standing.tenant, user_id)
    standing.require_rank_of(membership.role)
    await require_may_give(session, standing, catalog, role)
    if role != "owner":
        await _keep_an_owner(session, membership)
    before = membership.role
    standing.record(session, "member.role_changed", user=user_id, before=before, role=role)
    membership.role = role
    await _tell_of_role(session, standing, membership, before, hooks)
    return membership, await get_user(session, user_id)


async def remove_member(
    session: AsyncSession, standing: Standing, user_id: UUID, *, hooks: TenantHooks
) -> None:
    """Take a person out of the tenant; anyone may take out themselves.

    Raises:
        NotFound: they are no member.
        PermissionDenied: the caller may not remove this member.
        Conflict: they are the last owner.
        TochkaError: a module refuses, or has failed.
    """
    is_leaving = user_id == standing.principal.user_id
    if not is_leaving:
        standing.require(MANAGE_MEMBERS)
    membership = await _get_member(session, standing.tenant, user_id)
    standing.require_rank_of(membership.role)
    await _keep_an_owner(session, membership)
    standing.record(session, "member.left" if is_leaving else "member.removed", user=user_id)
    await session.delete(membership)
    await session.flush()
    await hooks.publish(session, standing.tenant, MemberRemoved(user_id))


async def transfer_ownership(
    session: AsyncSession, standing: Standing, user_id: UUID, *, hooks: TenantHooks
) -> tuple[Membership, User]:
    """Make a member an owner in the place of the one who acts, who becomes an admin.

    Raises:
        PermissionDenied: it is no owner who acts.
        NotFound: there is no such member.
        Conflict: they are the same person, or a `platform_master` acts who is no owner.
        TochkaError: a module refuses, or has failed.
    """
    standing.require_rank_of("owner")
    if user_id == standing.principal.user_id:
        raise Conflict("You are to name another member.")
    own = await session.get(Membership, (standing.tenant.id, standing.principal.user_id))
    if own is None or own.role != "owner":
        raise Conflict("You are no owner of this tenant; change the role of the member instead.")
    heir = await _get_member(session, standing.tenant, user_id)
    before = heir.role
    heir.role, own.role = "owner", "admin"
    standing.record(session, "ownership.transferred", user=user_id)
    await _tell_of_role(session, standing, heir, before, hooks)
    await _tell_of_role(session, standing, own, "owner", hooks)
    return heir, await get_user(session, user_id)


async def _tell_of_role(
    session: AsyncSession,
    standing: Standing,
    membership: Membership,
    before: str,
    hooks: TenantHooks,
) -> None:
    """Let modules know of a role that is another one than *before*."""
    await session.flush()
    if membership.role != before:
        changed = MemberRoleChanged(membership.user_id, before=before, role=membership.role)
        await hooks.publish(session, standing.tenant, changed)


async def _get_member(session: AsyncSession, tenant: Tenant, user_id: UUID) -> Membership:
    membership = await session.get(Membership, (tenant.id, user_id))
    if membership is None:
        raise NotFound("There is no such member.")
    return membership


async def _keep_an_owner(session: AsyncSession, leaving: Membership) -> None:
    """Refuse to let the last owner go.

    Raises:
        Conflict: *leaving* is the last owner.
    """
    if leaving.role != "owner":
        return
    owners = select(func.count()).where(
        Membership.tenant_id == leaving.tenant_id, Membership.role == "owner"
    )
    if await session.scalar(owners) == 1:
        raise Conflict("The last owner stays; make another member an owner first.")
