"""`/api/v1/audit` and `/api/v1/tenants/{name}/audit`."""

from litestar import Controller, get
from litestar.params import FromPath
from tochka_plugins import CurrentPrincipal, Page, PageQuery
from tochka_plugins.pagination import Limit, Offset

from tochka_core.audit.schemas import AuditEntryOut
from tochka_core.audit.services import list_entries
from tochka_core.db.injection import PlatformSession
from tochka_core.tenants.permissions import READ_AUDIT
from tochka_core.tenants.standing import get_standing, require_platform_master


class AuditController(Controller):
    """What was done, for those who answer for it."""

    tags = ["audit"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/audit", summary="List what was done")
    async def list_all(
        self,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[AuditEntryOut]:
        """Return what was done anywhere, the newest first; only a `platform_master` may see it."""
        require_platform_master(principal)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await list_entries(platform_session, query)
        return query.page([AuditEntryOut.of(entry) for entry in found], total)

    @get("/tenants/{name:str}/audit", summary="List what was done in a tenant")
    async def list_of_tenant(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[AuditEntryOut]:
        """Return what was done in the tenant, the newest first."""
        standing = await get_standing(platform_session, principal, name)
        standing.require(READ_AUDIT)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await list_entries(platform_session, query, tenant=standing.tenant.id)
        return query.page([AuditEntryOut.of(entry) for entry in found], total)
