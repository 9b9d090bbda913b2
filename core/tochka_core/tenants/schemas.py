"""Tenants as they cross HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tochka_core.tenants.models import Invitation, Membership, Tenant
from tochka_core.users.models import User

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
Status = Literal["active", "suspended", "deleted"]


class TenantIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tenant to create."""

    name: Annotated[str, Meta(examples=["acme"])]
    title: Title | None = None
    """The name is used where there is no title."""
    domain: str | None = None
    owner_phone: str | None = None
    """A registered person who becomes the owner in the place of the caller."""


class TenantPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a tenant; a field that is left out stays as it is."""

    name: str | UnsetType = UNSET
    """The old name is free at once, and answers as one that does not exist."""
    title: Title | UnsetType = UNSET
    domain: str | UnsetType | None = UNSET
    suspension_reason: Reason | UnsetType | None = UNSET
    """A text suspends the tenant and is told to its members; `null` resumes it."""


class TenantOut(msgspec.Struct, frozen=True):
    """A tenant, as its members and the platform see it."""

    id: UUID
    name: str
    title: str
    domain: str | None
    status: Status
    suspension_reason: str | None
    purge_after: datetime | None
    """Until then at least a deleted tenant can be restored."""
    created_at: datetime

    @classmethod
    def of(cls, tenant: Tenant) -> "TenantOut":
        """Show *tenant*."""
        return cls(
            id=tenant.id,
            name=tenant.name,
            title=tenant.title,
            domain=tenant.domain,
            status=_status(tenant),
            suspension_reason=tenant.suspension_reason,
            purge_after=tenant.purge_after,
            created_at=tenant.created_at,
        )


def _status(tenant: Tenant) -> Status:
    if tenant.purge_after is not None:
        return "deleted"
    return "active" if tenant.suspended_at is None else "suspended"


class MemberIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A registered person to add to a tenant."""

    phone: str
    role: str = "member"


class MemberPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a member."""

    role: str


class OwnershipIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The member who is to be an owner."""

    user_id: UUID


class MemberOut(msgspec.Struct, frozen=True):
    """A person's place in a tenant."""

    user_id: UUID
    phone: str
    role: str
    created_at: datetime

    @classmethod
    def of(cls, membership: Membership, user: User) -> "MemberOut":
        """Show *membership* of *user*."""
        return cls(user.id, user.phone, membership.role, membership.created_at)


class InvitationOut(msgspec.Struct, frozen=True):
    """An invitation, as the tenant sees it."""

    id: UUID
    phone: str
    role: str
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationOut":
        """Show *invitation*."""
        return cls(
            id=invitation.id,
            phone=invitation.phone,
            role=invitation.role,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


class InvitedTenant(msgspec.Struct, frozen=True):
    """As much of a tenant as somebody may see who is invited to it."""

    name: str
    title: str


class OwnInvitationOut(msgspec.Struct, frozen=True):
    """An invitation, as the invited person sees it."""

    id: UUID
    tenant: InvitedTenant
    role: str
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation, tenant: Tenant) -> "OwnInvitationOut":
        """Show *invitation* to *tenant*."""
        return cls(
            id=invitation.id,
            tenant=InvitedTenant(tenant.name, tenant.title),
            role=invitation.role,
            expires_at=invitation.expires_at,
        )
