"""What a person may do in a tenant: see it, manage it, or not even know of it."""

from datetime import UTC, datetime

import msgspec
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound, PermissionDenied, Person, Principal
from tochka_plugins.guards import MissingPermission

from tochka_core.audit.actions import Action
from tochka_core.audit.services import record
from tochka_core.tenants.models import Membership, Role, Tenant
from tochka_core.tenants.permissions import CORE_CATALOG, HeldRole


class Standing(msgspec.Struct, frozen=True):
    """A tenant, and the place from which a person acts there."""

    tenant: Tenant
    principal: Principal
    role: HeldRole
    """A `platform_master` acts as an owner."""

    @property
    def is_owner(self) -> bool:
        """Whether the person acts as an owner."""
        return self.role.name == "owner"

    def require(self, permission: str) -> None:
        """Let those through who hold a permission of the core's, while the tenant is active.

        A `platform_master` is let through at any time.

        Raises:
            PermissionDenied: the person does not hold it, or the tenant is suspended or deleted.
        """
        if permission not in CORE_CATALOG.held_by(self.role):
            raise MissingPermission(permission)
        self.refuse_closed()

    def refuse_closed(self) -> None:
        """Let members through only while the tenant is active, and a `platform_master` always.

        Raises:
            PermissionDenied: the tenant is suspended or deleted.
        """
        if self.principal.role != "platform_master":
            refuse_deleted(self.tenant.purge_after)
            is_suspended = self.tenant.suspended_at is not None
            refuse_suspended(is_suspended, self.tenant.suspension_reason)

    def require_owner(self) -> None:
        """Let owners through, whatever the state of the tenant, and a `platform_master`.

        Raises:
            PermissionDenied: the person is no owner.
        """
        if not self.is_owner:
            raise PermissionDenied("Only an owner of the tenant may do this.")

    def require_rank_of(self, *roles: str) -> None:
        """Let only an owner appoint, change or remove an owner.

        Raises:
            PermissionDenied: an owner is among *roles*, and it is no owner who acts.
        """
        if "owner" in roles and not self.is_owner:
            raise PermissionDenied("Only an owner may appoint, change or remove an owner.")

    def record(self, session: AsyncSession, action: Action, **detail: object) -> None:
        """Write down in the audit log what the person does in the tenant."""
        actor = self.principal.user_id
        record(session, action, actor=actor, tenant=self.tenant.id, **detail)


def no_such_tenant() -> NotFound:
    """Return the one answer for a tenant that does not exist and one the caller may not see."""
    return NotFound("There is no such tenant, or you are not a member of it.")


def refuse_suspended(is_suspended: bool, reason: str | None) -> None:  # noqa: FBT001 - reads as a sentence
    """Let members through only while the tenant is active.

    Raises:
        PermissionDenied: it is suspended; the members are told why.
    """
    if is_suspended:
        raise PermissionDenied(f"The tenant is suspended: {reason or 'no reason is given'}")


def refuse_deleted(purge_after: datetime | None) -> None:
    """Let members through only while the tenant is not deleted.

    Raises:
        PermissionDenied: it is; the members are told until when it can be undone.
    """
    if purge_after is not None:
        until = purge_after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise PermissionDenied(
            f"The tenant is deleted; until {until} an owner can restore it.", purge_after=until
        )


def require_platform_master(principal: Principal) -> Person:
    """Let only the platform's own people through, and return who it is.

    Raises:
        PermissionDenied: the caller is not a `platform_master`.
    """
    if principal.role != "platform_master":
        raise PermissionDenied("Only a platform_master may do this.")
    return principal.require_person()


async def get_visible_tenant(session: AsyncSession, principal: Principal, name: str) -> Tenant:
    """Return the tenant called *name*, if *principal* is a member or a `platform_master`.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    return (await get_standing(session, principal, name)).tenant


async def get_open_tenant(session: AsyncSession, principal: Principal, name: str) -> Tenant:
    """Return the tenant called *name*, to a member only while it is active.

    Raises:
        NotFound: there is none, or the caller may not know of it.
        PermissionDenied: it is suspended or deleted, and the caller is no `platform_master`.
    """
    standing = await get_standing(session, principal, name)
    standing.refuse_closed()
    return standing.tenant


async def get_standing(session: AsyncSession, principal: Principal, name: str) -> Standing:
    """Return where *principal* stands in the tenant called *name*, to look at something.

    A stranger cannot tell a tenant from one that does not exist, by the time either: there is one
    query for both, and neither gives a row.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    return await _get_standing(session, principal, Tenant.name == name)


async def lock_tenant(session: AsyncSession, principal: Principal, name: str) -> Standing:
    """Return where *principal* stands in the tenant called *name*, to change something.

    Whoever else changes its people, roles or modules waits until the end, so that they stay as
    they are found. Rows of modules may be written meanwhile.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    found = (await get_standing(session, principal, name)).tenant
    # Only now: a stranger must not be able to make the tenant's own people wait.
    locked = select(Tenant.id).where(Tenant.id == found.id).with_for_update(key_share=True)
    await session.execute(locked)
    # Once more: another may have changed it, or purged it, while this one waited.
    return await _get_standing(session, principal, Tenant.id == found.id)


async def lock_tenant_to(
    session: AsyncSession, principal: Principal, name: str, permission: str
) -> Standing:
    """Return where *principal* stands in a tenant, to change what *permission* lets them change.

    Raises:
        NotFound: there is none, or the caller may not know of it.
        PermissionDenied: the caller is a member and does not hold it, or the tenant is suspended
            or deleted.
    """
    standing = await lock_tenant(session, principal, name)
    standing.require(permission)
    return standing


async def _get_standing(
    session: AsyncSession, principal: Principal, which: ColumnElement[bool]
) -> Standing:
    is_platform = principal.role == "platform_master"
    place = and_(Membership.tenant_id == Tenant.id, Membership.user_id == principal.user_id)
    own = and_(Role.tenant_id == Membership.tenant_id, Role.name == Membership.role)
    row = (
        await session.execute(
            select(Tenant, Membership.role, Role.permissions)
            .join(Membership, place, isouter=is_platform)
            .outerjoin(Role, own)
            .where(which)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        raise no_such_tenant()
    tenant, role, granted = row
    if is_platform:
        return Standing(tenant, principal, HeldRole("owner"))
    return Standing(
        tenant, principal, HeldRole(role, None if granted is None else frozenset(granted))
    )
