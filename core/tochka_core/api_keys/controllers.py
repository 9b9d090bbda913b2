"""`/api/v1/tenants/{name}/api-keys`."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from tochka_plugins import CurrentPrincipal, Page, PageQuery, requires_step_up
from tochka_plugins.pagination import Limit, Offset

from tochka_core.access.facts import open_modules
from tochka_core.api_keys import services
from tochka_core.api_keys.listing import list_keys
from tochka_core.api_keys.schemas import ApiKeyIn, ApiKeyOut, NewApiKeyOut
from tochka_core.db.injection import PlatformSession
from tochka_core.http.caching import KEPT_BY_NOBODY
from tochka_core.tenants.permissions import MANAGE_API_KEYS, PermissionCatalog
from tochka_core.tenants.standing import get_standing, lock_tenant_to


class ApiKeyController(Controller):
    """The API keys of a tenant, for those who manage them."""

    path = "/tenants/{name:str}/api-keys"
    cache_control = KEPT_BY_NOBODY
    tags = ["api keys"]  # noqa: RUF012 - the name and type are Litestar's

    @post("/", summary="Make an API key", guards=[requires_step_up()])
    async def make(
        self,
        name: FromPath[str],
        data: JSONBody[ApiKeyIn],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        permission_catalog: NamedDependency[PermissionCatalog],
    ) -> NewApiKeyOut:
        """Return a key for a service; it holds no more than its maker may give, now and later."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_API_KEYS)
        made, token = await services.make_key(platform_session, standing, permission_catalog, data)
        opened = await open_modules(platform_session, standing.tenant.id)
        return NewApiKeyOut.with_secret(ApiKeyOut.of(made, permission_catalog, opened), token)

    @get("/", summary="List API keys")
    async def list_all(
        self,
        name: FromPath[str],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        permission_catalog: NamedDependency[PermissionCatalog],
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[ApiKeyOut]:
        """Return the keys without their secrets, the newest first, also those that are revoked."""
        standing = await get_standing(platform_session, principal, name)
        standing.require(MANAGE_API_KEYS)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await list_keys(platform_session, standing.tenant, query)
        opened = await open_modules(platform_session, standing.tenant.id)
        shown = [ApiKeyOut.of(item, permission_catalog, opened) for item in found]
        return query.page(shown, total)

    @delete("/{key_id:uuid}", summary="Revoke an API key")
    async def revoke(
        self,
        name: FromPath[str],
        key_id: FromPath[UUID],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> None:
        """Have the key open nothing any more, in all workers at once; again is no error."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_API_KEYS)
        await services.revoke_key(platform_session, standing, key_id)
