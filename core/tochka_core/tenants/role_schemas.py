"""Roles and permissions as they cross HTTP."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from tochka_plugins import Permission
from tochka_plugins.context import TenantRole

from tochka_core.tenants.models import Role
from tochka_core.tenants.permissions import BUILT_IN_ROLES, HeldRole, PermissionCatalog
from tochka_core.tenants.schemas import Title

Permissions = Annotated[list[str], Meta(max_length=1000)]


class RoleIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role to define."""

    name: Annotated[str, Meta(examples=["support"])]
    permissions: Permissions
    title: Title | None = None
    """The name is used where there is no title."""


class RolePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a role; a field that is left out stays as it is."""

    title: Title | UnsetType = UNSET
    permissions: Permissions | UnsetType = UNSET
    """All that the role is to hold."""


class RoleOut(msgspec.Struct, frozen=True):
    """A role, and what it holds."""

    name: str
    title: str
    built_in: bool
    """Every tenant has it, and cannot change it."""
    permissions: list[str]
    without_effect: list[str]
    """Those of them whose module is not open to the tenant, or that is not there."""

    @classmethod
    def of(cls, role: Role, catalog: PermissionCatalog, opened: frozenset[str]) -> "RoleOut":
        """Show *role* where the modules *opened* are open."""
        idle = {*role.permissions} - catalog.in_effect(role.permissions, opened)
        return cls(
            name=role.name,
            title=role.title,
            built_in=False,
            permissions=role.permissions,
            without_effect=sorted(idle),
        )

    @classmethod
    def of_built_in(
        cls, name: str, catalog: PermissionCatalog, opened: frozenset[str]
    ) -> "RoleOut":
        """Show the built-in role called *name* where the modules *opened* are open."""
        held = catalog.in_effect(catalog.held_by(HeldRole(name)), opened)
        return cls(
            name=name,
            title=BUILT_IN_ROLES[name],
            built_in=True,
            permissions=sorted(held),
            without_effect=[],
        )


class PermissionOut(msgspec.Struct, frozen=True):
    """Something that a role may hold."""

    name: str
    title: str
    roles: list[TenantRole]
    """The built-in roles that hold it."""

    @classmethod
    def of(cls, permission: Permission) -> "PermissionOut":
        """Show *permission*."""
        return cls(permission.name, permission.title, sorted(permission.roles))


class OwnPermissionsOut(msgspec.Struct, frozen=True):
    """What the person who is signed in may do in a tenant."""

    tenant: str
    role: str
    permissions: list[str]
