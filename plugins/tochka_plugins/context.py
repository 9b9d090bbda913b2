"""What a module is told about a request, and its door to the database outside of one."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

PlatformRole = Literal["user", "platform_master"]
TenantRole = Literal["owner", "admin", "member"]
"""The roles that every tenant has; it may define further ones, each with its own permissions."""


class Tenant(msgspec.Struct, frozen=True):
    """The tenant that the request has chosen, by `X-Tenant` or by its domain."""

    id: UUID
    name: str
    title: str


class Principal(msgspec.Struct, frozen=True):
    """The person who makes the request."""

    user_id: UUID
    phone: str
    """E.164, such as `+79123456789`. Do not write it to a log."""

    role: PlatformRole
    tenant_role: str | None = None
    """The role in the chosen tenant: `owner`, `admin`, `member` or one that the tenant defines.

    `None` where no tenant is chosen. What the person may do is in `permissions`.
    """
    permissions: frozenset[str] = frozenset()
    """What the person may do in the chosen tenant, such as `contacts:write`, as of this request."""
    session_id: UUID | None = None
    """Which of the person's sessions the request belongs to."""
    stepped_up_at: datetime | None = None
    """When the second factor was last proved in this session; `None` for who has none."""


class Platform(Protocol):
    """The platform, as a module may use it outside of a request."""

    def tenant_scope(self, tenant_id: UUID) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees and writes the rows of one tenant only.

        Commits when the block ends, rolls back when it raises.
        """

    def platform_scope(self, *, reason: str) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees the rows of all tenants; *reason* is logged.

        Commits when the block ends, rolls back when it raises.
        """
