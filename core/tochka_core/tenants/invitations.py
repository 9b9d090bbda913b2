"""Inviting people to a tenant by phone, and their answers.

An invitation is a row as long as it is open. To answer it, or to revoke it, is to delete the row:
of two who try at once one finds it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, InvalidInput, NotFound, PageQuery, Person
from tochka_plugins.core_events import MemberAdded

from tochka_core.audit.actions import Action
from tochka_core.audit.services import record
from tochka_core.tenants.giving import require_may_give
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.models import Invitation, Membership, Tenant
from tochka_core.tenants.permissions import PermissionCatalog
from tochka_core.tenants.standing import Standing, refuse_deleted, refuse_suspended
from tochka_core.users.models import User
from tochka_core.users.phones import masked, normalize_phone


async def check_invitations(session: AsyncSession, tenant_id: UUID) -> None:
    """Hold the invitations that an import has brought in to the rule for those that are sent here.

    Raises:
        InvalidInput: one is to what is no phone, or is not in E.164.
    """
    own = select(Invitation.phone).where(Invitation.tenant_id == tenant_id)
    for phone in await session.scalars(own):
        if normalize_phone(phone, region="ZZ") != phone:
            raise InvalidInput("An invitation is to a phone that is not in E.164.")


async def invite(
    session: AsyncSession,
    standing: Standing,
    catalog: PermissionCatalog,
    phone: str,
    role: str,
    *,
    days: int,
) -> Invitation:
    """Keep a place for whoever has *phone* (E.164), registered or not, for *days*.

    Raises:
        InvalidInput: the tenant has no such role.
        PermissionDenied: the role is not the caller's to give.
        Conflict: they are a member, or are invited already.
    """
    await require_may_give(session, standing, catalog, role)
    tenant_id = standing.tenant.id
    member = select(Membership.user_id).join(User, User.id == Membership.user_id)
    if await session.scalar(member.where(Membership.tenant_id == tenant_id, User.phone == phone)):
        raise Conflict("This person is a member already.")
    await session.execute(
        delete(Invitation).where(
            Invitation.tenant_id == tenant_id, Invitation.phone == phone, ~_is_open()
        )
    )
    invitation = Invitation(tenant_id=tenant_id, phone=phone, role=role, expires_at=_expiry(days))
    known = select(Invitation.id).where(
        Invitation.tenant_id == tenant_id, Invitation.phone == phone
    )
    if await session.scalar(known):
        raise Conflict("This person is invited already; resend the invitation.")
    session.add(invitation)
    standing.record(session, "invitation.sent", phone=masked(phone), role=role)
    await session.flush()
    return invitation


async def list_invitations(
    session: AsyncSession, tenant: Tenant, query: PageQuery
) -> tuple[Sequence[Invitation], int]:
    """Return one page of a tenant's open invitations, the oldest first, and how many there are."""
    is_wanted = (Invitation.tenant_id == tenant.id) & _is_open()
    total = await session.scalar(select(func.count()).where(is_wanted))
    rows = await session.scalars(
        select(Invitation)
        .where(is_wanted)
        .order_by(Invitation.id)
        .limit(query.limit)
        .offset(query.offset)
    )
    return rows.all(), total or 0


async def resend(
    session: AsyncSession,
    standing: Standing,
    catalog: PermissionCatalog,
    invitation_id: UUID,
    *,
    days: int,
) -> Invitation:
    """Let an invitation, also one that has expired, be open for *days* from now.

    Raises:
        NotFound: there is none.
        PermissionDenied: the role is not the caller's to give.
    """
    invitation = await _get_sent(session, standing, invitation_id)
    await require_may_give(session, standing, catalog, invitation.role)
    invitation.expires_at = _expiry(days)
    standing.record(session, "invitation.resent", phone=masked(invitation.phone))
    await session.flush()
    return invitation


async def revoke(session: AsyncSession, standing: Standing, invitation_id: UUID) -> None:
    """Take an invitation back.

    Raises:
        NotFound: there is none, or it was answered.
        PermissionDenied: the place is an owner's, and it is no owner who revokes.
    """
    invitation = await _get_sent(session, standing, invitation_id)
    standing.record(session, "invitation.revoked", phone=masked(invitation.phone))
    await session.delete(invitation)
    await session.flush()


async def list_received(
    session: AsyncSession, person: Person
) -> Sequence[tuple[Invitation, Tenant]]:
    """Return the open invitations of *person*, the oldest first."""
    rows = await session.execute(
        select(Invitation, Tenant)
        .join(Tenant, Tenant.id == Invitation.tenant_id)
        .where(Invitation.phone == person.phone, _is_open())
        .order_by(Invitation.id)
    )
    return [(row[0], row[1]) for row in rows]


async def accept(
    session: AsyncSession, person: Person, invitation_id: UUID, *, hooks: TenantHooks
) -> Tenant:
    """Make *person* a member as the invitation says, and return the tenant.

    Who has become a member meanwhile stays what they are.

    Raises:
        NotFound: there is no such open invitation for them.
        PermissionDenied: the tenant is suspended or deleted; the invitation stays.
        TochkaError: a module refuses, or has failed; the invitation stays.
    """
    tenant, invitation = await _take(session, person, invitation_id, "invitation.accepted")
    refuse_deleted(tenant.purge_after)
    refuse_suspended(tenant.suspended_at is not None, tenant.suspension_reason)
    place = {"tenant_id": tenant.id, "user_id": person.user_id, "role": invitation.role}
    joining = insert(Membership).values(place).on_conflict_do_nothing()
    if await session.scalar(joining.returning(Membership.role)) is not None:
        await hooks.publish(session, tenant, MemberAdded(person.user_id, invitation.role))
    return tenant


async def decline(session: AsyncSession, person: Person, invitation_id: UUID) -> None:
    """Turn an invitation down.

    Raises:
        NotFound: there is no such open invitation for them.
    """
    await _take(session, person, invitation_id, "invitation.declined")


async def _take(
    session: AsyncSession, person: Person, invitation_id: UUID, action: Action
) -> tuple[Tenant, Invitation]:
    own = (Invitation.id == invitation_id) & (Invitation.phone == person.phone)
    # The tenant first, as whoever manages it does: two who lock in two orders wait for ever. One of
    # them: an import may have brought in an invitation with the same id.
    tenant = await session.scalar(
        select(Tenant)
        .join(Invitation, Invitation.tenant_id == Tenant.id)
        .where(own, _is_open())
        .order_by(Tenant.id)
        .limit(1)
        .with_for_update(read=True, of=Tenant)
    )
    if tenant is None:
        raise _no_such_invitation()
    taken: Invitation | None = await session.scalar(
        delete(Invitation)
        .where(own, Invitation.tenant_id == tenant.id, _is_open())
        .returning(Invitation)
    )
    if taken is None:
        raise _no_such_invitation()
    record(session, action, actor=person.user_id, tenant=tenant.id, role=taken.role)
    return tenant, taken


async def _get_sent(session: AsyncSession, standing: Standing, invitation_id: UUID) -> Invitation:
    place = (standing.tenant.id, invitation_id)
    invitation = await session.get(Invitation, place, with_for_update=True)
    if invitation is None:
        raise _no_such_invitation()
    standing.require_rank_of(invitation.role)
    return invitation


def _no_such_invitation() -> NotFound:
    return NotFound("There is no such invitation, or it is no longer open.")


def _is_open() -> ColumnElement[bool]:
    return Invitation.expires_at > func.now()


def _expiry(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)
