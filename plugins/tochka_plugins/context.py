"""What a module is told about a request, and its door to the database outside of one."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, Protocol, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_plugins.errors import PermissionDenied
from tochka_plugins.subscriptions import Subscriptions

SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)

PlatformRole = Literal["user", "platform_master"]
TenantRole = Literal["owner", "admin", "member"]
"""The roles that every tenant has; it may define further ones, each with its own permissions."""


class Tenant(msgspec.Struct, frozen=True):
    """The tenant that the request has chosen, by `X-Tenant` or by its domain."""

    id: UUID
    name: str
    title: str


class Person(msgspec.Struct, frozen=True):
    """A person who is signed in."""

    user_id: UUID
    phone: str
    """E.164, such as `+79123456789`. Do not write it to a log."""

    role: PlatformRole
    session_id: UUID | None = None
    """Which of the person's sessions the request belongs to."""
    stepped_up_at: datetime | None = None
    """When the second factor was last proved in this session; `None` for who has none."""


class Principal(msgspec.Struct, frozen=True):
    """Who makes the request: a person, or a service with an API key of the tenant.

    A handler that can do nothing without a person asks for `CurrentPerson` instead.
    """

    person: Person | None = None
    """`None` for an API key."""
    api_key_id: UUID | None = None
    """`None` for a person."""
    tenant_role: str | None = None
    """The role in the chosen tenant: `owner`, `admin`, `member` or one that the tenant defines.

    `None` where no tenant is chosen, and for an API key. What the caller may do is in
    `permissions`.
    """
    permissions: frozenset[str] = frozenset()
    """What the caller may do in the chosen tenant, such as `contacts:write`, as of this request."""

    @property
    def user_id(self) -> UUID | None:
        """The id of the person; `None` for an API key."""
        return None if self.person is None else self.person.user_id

    @property
    def role(self) -> PlatformRole:
        """The role on the platform; an API key is no more than a `user` there."""
        return "user" if self.person is None else self.person.role

    def require_person(self) -> Person:
        """Return the person.

        Raises:
            PermissionDenied: the request is made with an API key.
        """
        if self.person is None:
            raise PermissionDenied("This needs a person who is signed in, not an API key.")
        return self.person


class Platform(Protocol):
    """The platform, as a module may use it outside of a request."""

    def tenant_scope(self, tenant_id: UUID) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees and writes the rows of one tenant only.

        Commits when the block ends, rolls back when it raises.

        Raises:
            ModuleNotOpen: the tenant has not enabled the module, its subscription has lapsed, or
                there is no such tenant; nothing is opened.
        """

    async def tenants(self) -> Sequence[Tenant]:
        """Return the tenants that the module is open to now, by name.

        Those that are suspended or deleted are left out.
        """

    async def find_tenant(self, tenant_id: UUID) -> Tenant | None:
        """Return the tenant if it is one of `tenants` now, else `None`.

        A worker that has looked before asks the database for nothing.
        """

    @property
    def subscriptions(self) -> Subscriptions:
        """What records what was sold: for a module that takes the money, while it serves.

        Raises:
            Unavailable: the modules are not all here to be told, as in a command.
        """

    def platform_scope(self, *, reason: str) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees the rows of all tenants; *reason* is logged.

        That is a few words which are the same each time: they are logged once for each process, and
        further on at the level `debug`.

        Commits when the block ends, rolls back when it raises.
        """

    async def settings(self, tenant_id: UUID, kind: type[SettingsT]) -> SettingsT:
        """Return what a tenant has set for the module, and the defaults of what it has not.

        *kind* is the struct that the module gives in `tochka_settings`. They are as they are now,
        read in a transaction of its own.

        Raises:
            ModuleNotOpen: as with `tenant_scope`.
            Unavailable: a secret that the tenant has set cannot be decrypted.
        """
