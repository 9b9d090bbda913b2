"""The roles of a tenant: those that every tenant has, and those that it defines."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, InvalidInput, NotFound

from tochka_core.tenants.giving import known_permissions, refuse_excess
from tochka_core.tenants.models import Invitation, Membership, Role
from tochka_core.tenants.names import check_role_name
from tochka_core.tenants.permissions import BUILT_IN_ROLES, PermissionCatalog
from tochka_core.tenants.role_schemas import RoleIn, RolePatch
from tochka_core.tenants.standing import Standing

MAX_ROLES = 100
"""How many a tenant may define: they are listed whole."""


async def list_roles(session: AsyncSession, tenant_id: UUID) -> Sequence[Role]:
    """Return the roles that a tenant has defined, by name."""
    own = select(Role).where(Role.tenant_id == tenant_id).order_by(Role.name)
    return (await session.scalars(own)).all()


async def check_roles(session: AsyncSession, tenant_id: UUID) -> None:
    """Hold the roles that an import has brought in to the rules for those that are defined here.

    Raises:
        InvalidInput: a name breaks a rule, or what is granted is no list of names.
        Conflict: there are more than a tenant may define.
    """
    own = select(Role).where(Role.tenant_id == tenant_id).limit(MAX_ROLES + 1)
    found = (await session.scalars(own)).all()
    if len(found) > MAX_ROLES:
        raise Conflict(f"A tenant may define {MAX_ROLES} roles.")
    for role in found:
        check_role_name(role.name)
        granted: Sequence[object] = role.permissions
        if not all(isinstance(name, str) for name in granted):
            raise InvalidInput("A role holds names of permissions.", pointer="/permissions")


async def get_role(session: AsyncSession, tenant_id: UUID, name: str) -> Role:
    """Return a role that a tenant has defined.

    Raises:
        NotFound: it has defined no such role.
    """
    role = await session.get(Role, (tenant_id, name))
    if role is None:
        raise NotFound("There is no such role.")
    return role


async def create_role(
    session: AsyncSession, standing: Standing, catalog: PermissionCatalog, wanted: RoleIn
) -> Role:
    """Define a role.

    Raises:
        InvalidInput: the name breaks a rule, or a permission is none.
        PermissionDenied: the role would hold more than the person who acts.
        Conflict: the tenant has such a role already, or as many as it may have.
    """
    tenant_id = standing.tenant.id
    permissions = known_permissions(catalog, wanted.permissions)
    name = check_role_name(wanted.name)
    refuse_excess(standing, catalog, permissions)
    own = await list_roles(session, tenant_id)
    if any(role.name == name for role in own):
        raise Conflict("A role with this name exists already.")
    if len(own) >= MAX_ROLES:
        raise Conflict(f"A tenant may define {MAX_ROLES} roles, and has.")
    role = Role(tenant_id=tenant_id, name=name, title=wanted.title or name, permissions=permissions)
    session.add(role)
    standing.record(session, "role.created", role=name, permissions=" ".join(permissions))
    await session.flush()
    return role


async def change_role(
    session: AsyncSession,
    standing: Standing,
    catalog: PermissionCatalog,
    name: str,
    patch: RolePatch,
) -> Role:
    """Change what *patch* names; who has the role has it so with the next request.

    Raises:
        NotFound: there is no such role.
        InvalidInput: a permission is none.
        PermissionDenied: the role would get what the person who acts does not hold.
        Conflict: it is a built-in role.
    """
    role = await _get_own(session, standing, name)
    if patch.title is not UNSET:
        role.title = patch.title
        standing.record(session, "role.retitled", role=name, title=patch.title)
    if patch.permissions is not UNSET:
        permissions = known_permissions(catalog, patch.permissions, known_too=role.permissions)
        refuse_excess(standing, catalog, {*permissions}.difference(role.permissions))
        role.permissions = permissions
        standing.record(session, "role.changed", role=name, permissions=" ".join(permissions))
    await session.flush()
    await session.refresh(role)
    return role


async def delete_role(session: AsyncSession, standing: Standing, name: str) -> None:
    """Delete a role that nobody has; invitations to it that have expired go with it.

    Raises:
        NotFound: there is no such role.
        Conflict: it is a built-in role, or members have it or are invited to it.
    """
    role = await _get_own(session, standing, name)
    tenant_id = standing.tenant.id
    invited = (Invitation.tenant_id == tenant_id) & (Invitation.role == name)
    await session.execute(delete(Invitation).where(invited, Invitation.expires_at <= func.now()))
    having = (Membership.tenant_id == tenant_id) & (Membership.role == name)
    members, invitations = (
        await session.execute(
            select(
                select(func.count()).where(having).scalar_subquery(),
                select(func.count()).where(invited).scalar_subquery(),
            )
        )
    ).one()
    if members or invitations:
        raise Conflict(
            f"The role is in use: members {members}, open invitations {invitations}.",
            members=members,
            invitations=invitations,
        )
    standing.record(session, "role.deleted", role=name)
    await session.delete(role)
    await session.flush()


async def _get_own(session: AsyncSession, standing: Standing, name: str) -> Role:
    if name in BUILT_IN_ROLES:
        raise Conflict("This role is built in: every tenant has it as it is.")
    return await get_role(session, standing.tenant.id, name)
