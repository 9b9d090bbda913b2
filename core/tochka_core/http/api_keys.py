"""A request that is made with an API key: whether the key is good, where, and for what."""

from datetime import UTC, datetime

from tochka_plugins import InvalidInput, NotAuthenticated, PermissionDenied, Principal

from tochka_core.access.cache import Look
from tochka_core.access.facts import PERSON, TENANT, Permissions, TenantFacts
from tochka_core.access.key_facts import HOLDER, KEY, ROLE, KeyFacts
from tochka_core.api_keys.tokens import KeyToken
from tochka_core.api_keys.uses import KeyUses
from tochka_core.http.lookup import Asked, Found, found_as
from tochka_core.tenants.permissions import PermissionCatalog
from tochka_core.tenants.standing import refuse_deleted, refuse_suspended


class KeyControl:
    """Tells what an API key opens now."""

    def __init__(
        self, *, permissions: Permissions, catalog: PermissionCatalog, uses: KeyUses
    ) -> None:
        """Hold keys to what *permissions* says of their makers; owners may give all of *catalog*.

        The use of a key is noted in *uses*.
        """
        self._permissions = permissions
        self._catalog = catalog
        self._uses = uses

    async def admit(self, look: Look, token: str, asked: Asked) -> tuple[Principal, Found]:
        """Return the principal of the key that *token* is, and its tenant.

        Raises:
            NotAuthenticated: there is no such key, or it has expired or is revoked, or whoever made
                it is deactivated or no member any more.
            InvalidInput: the request names another tenant than the key's.
            PermissionDenied: the tenant is suspended or deleted.
        """
        key = await _find_key(look, token)
        tenant = await look.find(TENANT, key.tenant_id)
        role = await look.find(ROLE, key.created_by, key.tenant_id)
        maker = await look.find(PERSON, key.created_by)
        if tenant is None or role is None or maker is None:
            raise _invalid()
        self._uses.note(key.tenant_id, key.id)
        is_by_domain = await _agree(look, tenant, asked)
        refuse_deleted(tenant.purge_after)
        refuse_suspended(tenant.is_suspended, tenant.suspension_reason)
        found = found_as(tenant, asked, None, is_by_domain=is_by_domain)
        principal = Principal(
            api_key_id=key.id, permissions=await self._in_effect(look, key, role, found)
        )
        return principal, found

    async def _in_effect(
        self, look: Look, key: KeyFacts, role: str, tenant: Found
    ) -> frozenset[str]:
        """Return what *key* holds of what its maker, who has *role*, may give away now."""
        if role == "owner":
            return self._catalog.in_effect(key.permissions, tenant.opened)
        held = await look.find(self._permissions, tenant.id, role, tenant.opened)
        return key.permissions & held


def refuse_keys(principal: Principal | None) -> None:
    """Let only people through, where a route names no permission: a key is what it holds.

    Raises:
        PermissionDenied: the request is made with an API key.
    """
    if principal is not None and principal.api_key_id is not None:
        raise PermissionDenied(
            "An API key opens only what asks for a permission; this needs a person."
        )


async def _find_key(look: Look, token: str) -> KeyFacts:
    """Return the key that *token* is.

    Raises:
        NotAuthenticated: there is no such key, or it has expired or is revoked.
    """
    wanted = KeyToken.find(token)
    if wanted is None:
        raise _invalid()
    key = None
    try:
        key = await look.find(KEY, wanted.prefix)
    finally:
        # Also where it could not be read, for which strangers may ask as well.
        if key is None:
            look.forget(KEY, wanted.prefix)
    if key is None:
        raise _invalid()
    is_over = key.expires_at is not None and key.expires_at <= datetime.now(UTC)
    if not wanted.fits(key.secret_hash) or key.is_revoked or is_over:
        raise _invalid()
    return key


async def _agree(look: Look, tenant: TenantFacts, asked: Asked) -> bool:
    """Return whether the host is one of the key's tenant.

    Raises:
        InvalidInput: host or header name another tenant; of the header it is not told whether there
            is such a tenant.
    """
    if asked.name is not None and asked.name != tenant.name:
        raise InvalidInput("X-Tenant names another tenant than the API key's.", pointer="/X-Tenant")
    holder = await look.find(HOLDER, tenant.id, asked.domain) if asked.domain else None
    if holder not in (None, tenant.id):
        raise InvalidInput("The host is another tenant's than the API key's.", pointer="/Host")
    return holder is not None


def _invalid() -> NotAuthenticated:
    """Return the one answer for all keys that open nothing."""
    return NotAuthenticated("The API key is not valid.")
