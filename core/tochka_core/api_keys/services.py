"""Making and revoking the keys of a tenant."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, InvalidInput, PermissionDenied, in_utc

from tochka_core.api_keys.listing import ListedKey, get_key
from tochka_core.api_keys.models import ApiKey, ApiKeyUse
from tochka_core.api_keys.schemas import ApiKeyIn
from tochka_core.api_keys.tokens import KeyToken
from tochka_core.tenants.giving import known_permissions, refuse_excess
from tochka_core.tenants.models import Membership
from tochka_core.tenants.permissions import PermissionCatalog
from tochka_core.tenants.standing import Standing

MAX_KEYS: Final = 100
"""How many keys of a tenant may be good at once."""

_IS_GOOD: Final = and_(
    ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now())
)


async def make_key(
    session: AsyncSession, standing: Standing, catalog: PermissionCatalog, wanted: ApiKeyIn
) -> tuple[ListedKey, KeyToken]:
    """Make a key of the tenant, whose secret nobody else will ever know.

    Raises:
        InvalidInput: a permission is none, or the time to expire is no time to come.
        PermissionDenied: the key would hold more than its maker may give, or they are no member,
            which a `platform_master` need not be: there would be nobody whose leaving ends it.
        Conflict: the tenant has as many keys as it may have.
    """
    permissions = known_permissions(catalog, wanted.permissions)
    refuse_excess(standing, catalog, permissions)
    tenant_id, maker = standing.tenant.id, standing.principal.require_person().user_id
    membership = await session.get(Membership, (tenant_id, maker))
    if membership is None:
        raise PermissionDenied("Only a member of the tenant may make a key of it.")
    good = select(func.count()).where(ApiKey.tenant_id == tenant_id, _IS_GOOD)
    if (await session.scalar(good) or 0) >= MAX_KEYS:
        raise Conflict(f"A tenant may have {MAX_KEYS} API keys, and has; revoke one first.")
    token = KeyToken.new()
    key = ApiKey(
        tenant_id=tenant_id,
        name=wanted.name,
        prefix=token.prefix,
        secret_hash=token.secret_hash,
        permissions=permissions,
        created_by=maker,
        expires_at=_time_to_come(wanted.expires_at),
    )
    session.add(key)
    await session.flush()
    session.add(ApiKeyUse(tenant_id=tenant_id, key_id=key.id))
    about = {"api_key": key.id, "prefix": key.prefix, "permissions": " ".join(permissions)}
    standing.record(session, "api_key.made", **about, expires_at=key.expires_at)
    await session.flush()
    await session.refresh(key)
    return await get_key(session, standing.tenant, key.id), token


async def revoke_key(session: AsyncSession, standing: Standing, key_id: UUID) -> None:
    """Have a key open nothing any more, for ever; again is no error.

    Raises:
        NotFound: the tenant has no such key.
    """
    key = (await get_key(session, standing.tenant, key_id)).key
    if key.revoked_at is not None:
        return
    key.revoked_at = datetime.now(UTC)
    key.revoked_by = standing.principal.user_id
    standing.record(session, "api_key.revoked", api_key=key.id, prefix=key.prefix)
    await session.flush()


def _time_to_come(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    expires_at = in_utc(moment, pointer="/expires_at")
    if expires_at <= datetime.now(UTC):
        raise InvalidInput("This is not a time to come.", pointer="/expires_at")
    return expires_at
