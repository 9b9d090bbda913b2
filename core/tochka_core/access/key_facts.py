"""The facts that the access of API keys depends on, beside those of people and tenants."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.access.cache import Fact
from tochka_core.api_keys.models import ApiKey
from tochka_core.domains.models import Domain
from tochka_core.tenants.models import Membership


class KeyFacts(msgspec.Struct, frozen=True):
    """A key as far as access depends on it."""

    id: UUID
    tenant_id: UUID
    secret_hash: bytes
    permissions: frozenset[str]
    created_by: UUID
    expires_at: datetime | None
    is_revoked: bool


async def _read_key(session: AsyncSession, prefix: str) -> KeyFacts | None:
    key = (await session.scalars(select(ApiKey).where(ApiKey.prefix == prefix))).first()
    if key is None:
        return None
    return KeyFacts(
        id=key.id,
        tenant_id=key.tenant_id,
        secret_hash=key.secret_hash,
        permissions=frozenset(key.permissions),
        created_by=key.created_by,
        expires_at=key.expires_at,
        is_revoked=key.revoked_at is not None,
    )


async def _read_role(session: AsyncSession, user_id: UUID, tenant_id: UUID) -> str | None:
    own = (Membership.user_id == user_id) & (Membership.tenant_id == tenant_id)
    return await session.scalar(select(Membership.role).where(own))


async def _read_holder(session: AsyncSession, _tenant_id: UUID, domain: str) -> UUID | None:
    held = (Domain.domain == domain) & Domain.lapsed_at.is_(None)
    return await session.scalar(select(Domain.holder_id).where(held))


KEY: Final = Fact("api_key", _read_key)
"""The key with a prefix, also a revoked one, `None` where there is none. That there is none is not
to be kept: nobody is told of new ones, and strangers would push out what is known of real ones."""

ROLE: Final = Fact("place", _read_role)
"""The role of a person in the tenant with an id, `None` where they are no member."""

HOLDER: Final = Fact("place", _read_holder)
"""The tenant that holds a domain, `None` where none does; kept for the tenant that asks, so that
who asks for ever new domains fills a place of their own."""
