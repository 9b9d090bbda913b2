"""The keys of a tenant, with what is known of them beside."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound, PageQuery

from tochka_core.api_keys.models import ApiKey, ApiKeyUse
from tochka_core.tenants.models import Membership, Role, Tenant
from tochka_core.tenants.permissions import HeldRole, PermissionCatalog
from tochka_core.users.models import User


class ListedKey(msgspec.Struct, frozen=True):
    """A key, and what is known of it beside."""

    key: ApiKey
    last_used_at: datetime | None
    role: HeldRole | None
    """What its maker is in the tenant; `None` where they are no member, or deactivated."""

    def in_effect(self, catalog: PermissionCatalog, opened: Collection[str]) -> frozenset[str]:
        """Return what it may do where the modules *opened* are open, if it is good."""
        if self.role is None:
            return frozenset()
        held = catalog.in_effect(self.key.permissions, opened)
        return held if self.role.name == "owner" else held & catalog.held_by(self.role)


async def list_keys(
    session: AsyncSession, tenant: Tenant, query: PageQuery
) -> tuple[Sequence[ListedKey], int]:
    """Return one page of the keys, the newest first, revoked ones too, and how many there are."""
    own = ApiKey.tenant_id == tenant.id
    total = await session.scalar(select(func.count()).select_from(ApiKey).where(own))
    page = _LISTED.where(own).order_by(ApiKey.id.desc())
    rows = await session.execute(page.limit(query.limit).offset(query.offset))
    return [_listed(*row) for row in rows], total or 0


async def get_key(session: AsyncSession, tenant: Tenant, key_id: UUID) -> ListedKey:
    """Return a key of the tenant.

    Raises:
        NotFound: it has no such key.
    """
    own = _LISTED.where(ApiKey.tenant_id == tenant.id, ApiKey.id == key_id)
    row = (await session.execute(own)).one_or_none()
    if row is None:
        raise NotFound("There is no such API key.")
    return _listed(*row)


def _listed(
    key: ApiKey, last_used_at: datetime | None, role: str | None, granted: list[str] | None
) -> ListedKey:
    maker = role and HeldRole(role, None if granted is None else frozenset(granted))
    return ListedKey(key, last_used_at, maker or None)


_USE: Final = and_(ApiKeyUse.tenant_id == ApiKey.tenant_id, ApiKeyUse.key_id == ApiKey.id)
_MAKER: Final = and_(User.id == ApiKey.created_by, User.is_active)
_PLACE: Final = and_(Membership.tenant_id == ApiKey.tenant_id, Membership.user_id == User.id)
_ROLE: Final = and_(Role.tenant_id == Membership.tenant_id, Role.name == Membership.role)
_LISTED: Final = (
    select(ApiKey, ApiKeyUse.last_used_at, Membership.role, Role.permissions)
    .outerjoin(ApiKeyUse, _USE)
    .outerjoin(User, _MAKER)
    .outerjoin(Membership, _PLACE)
    .outerjoin(Role, _ROLE)
)
