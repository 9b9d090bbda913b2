"""What a role holds: the core's own permissions and those that modules declare."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, get_args

import msgspec
from tochka_plugins import Permission
from tochka_plugins.context import TenantRole
from tochka_plugins.host import StagedModule

PREFIX: Final = "tenants"
"""What the names of the core's own begin with; no module can be called so."""

MANAGE_MEMBERS: Final = f"{PREFIX}:manage_members"
MANAGE_INVITATIONS: Final = f"{PREFIX}:manage_invitations"
MANAGE_ROLES: Final = f"{PREFIX}:manage_roles"
MANAGE_DOMAINS: Final = f"{PREFIX}:manage_domains"
MANAGE_MODULES: Final = f"{PREFIX}:manage_modules"
MANAGE_SUBSCRIPTIONS: Final = f"{PREFIX}:manage_subscriptions"
MANAGE_API_KEYS: Final = f"{PREFIX}:manage_api_keys"
READ_AUDIT: Final = f"{PREFIX}:read_audit"

CORE_PERMISSIONS: Final = (
    Permission(MANAGE_MEMBERS, "Change the roles of members, and remove them"),
    Permission(MANAGE_INVITATIONS, "Invite people, and revoke invitations"),
    Permission(MANAGE_ROLES, "Define roles"),
    Permission(MANAGE_DOMAINS, "Claim, verify and release domains"),
    Permission(MANAGE_MODULES, "Enable and disable modules, and change their settings"),
    Permission(MANAGE_SUBSCRIPTIONS, "Cancel subscriptions to the end of what is paid"),
    Permission(MANAGE_API_KEYS, "Make and revoke API keys"),
    Permission(READ_AUDIT, "See what was done in the tenant"),
)

BUILT_IN_ROLES: Final[Mapping[str, str]] = {
    "owner": "Owner",
    "admin": "Administrator",
    "member": "Member",
}
"""Titles of the roles that every tenant has, the highest first."""


class HeldRole(msgspec.Struct, frozen=True):
    """A role in a tenant, with what is to be known to tell its permissions."""

    name: str
    granted: frozenset[str] | None = None
    """What the role names where it is one of the tenant's own; `None` for a built-in one."""


class PermissionCatalog:
    """Every permission there is in this process, and what the built-in roles hold of them."""

    def __init__(self, modules: Iterable[StagedModule] = ()) -> None:
        """Take up the core's permissions and those of *modules*."""
        declared = [*CORE_PERMISSIONS]
        for module in modules:
            declared += module.permissions
        self._declared = {permission.name: permission for permission in declared}
        self._held_by_built_in = {
            role: frozenset(item.name for item in declared if role in item.roles)
            for role in get_args(TenantRole)
        }

    def __contains__(self, name: str) -> bool:
        """Tell whether a permission is declared."""
        return name in self._declared

    def held_by(self, role: HeldRole) -> frozenset[str]:
        """Return what the role in *role* holds, in effect or not."""
        return self._held_by_built_in[role.name] if role.granted is None else role.granted

    def in_effect(self, held: Iterable[str], opened: Collection[str]) -> frozenset[str]:
        """Return those of *held* that mean something where the modules *opened* are open."""
        return frozenset(name for name in held if name in self._declared and _is_in(name, opened))

    def that_count(self, opened: Collection[str]) -> list[Permission]:
        """Return all that mean something where the modules *opened* are open, the core's first."""
        return [item for item in self._declared.values() if _is_in(item.name, opened)]


def _is_in(name: str, opened: Collection[str]) -> bool:
    owner = name.partition(":")[0]
    return owner == PREFIX or owner in opened


CORE_CATALOG: Final = PermissionCatalog()
"""The core's own alone: enough to decide what a person may do with the tenant itself."""
