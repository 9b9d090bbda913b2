"""What the platform itself tells of: the events that all modules may listen to."""

from typing import Final
from uuid import UUID

from tochka_plugins.events import Event
from tochka_plugins.subscriptions import Subscription


class MemberAdded(Event, frozen=True, tag="tenants.member_added"):
    """A person has become a member of the tenant."""

    user_id: UUID
    role: str


class MemberRemoved(Event, frozen=True, tag="tenants.member_removed"):
    """A person is no member of the tenant any more: removed, or gone by themselves."""

    user_id: UUID


class MemberRoleChanged(Event, frozen=True, tag="tenants.member_role_changed"):
    """A member of the tenant has another role."""

    user_id: UUID
    before: str
    role: str


class ModuleEnabled(Event, frozen=True, tag="tenants.module_enabled"):
    """The tenant has enabled a module."""

    module: str


class ModuleDisabled(Event, frozen=True, tag="tenants.module_disabled"):
    """The tenant has disabled a module; it is not told itself."""

    module: str


class SubscriptionChanged(Event, frozen=True, tag="tenants.subscription_changed"):
    """Something was sold to the tenant, or what was sold has changed.

    That a date passes is no change: nothing is told when a trial ends or a subscription expires.
    """

    subscription: Subscription


class TenantSuspended(Event, frozen=True, tag="tenants.suspended"):
    """The tenant is closed to its members by the platform."""


class TenantResumed(Event, frozen=True, tag="tenants.resumed"):
    """The tenant is open to its members again."""


CORE_EVENTS: Final[tuple[type[Event], ...]] = (
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    ModuleEnabled,
    ModuleDisabled,
    SubscriptionChanged,
    TenantSuspended,
    TenantResumed,
)
