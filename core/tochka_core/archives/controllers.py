"""`/api/v1/tenants/{name}/export`."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from tochka_plugins import CurrentPrincipal

from tochka_core.archives.serving import MEDIA_TYPE, ArchiveResponse, Exports
from tochka_core.db.injection import PlatformSession
from tochka_core.tenants.standing import lock_tenant


class ArchiveController(Controller):
    """A tenant as one file."""

    path = "/tenants/{name:str}/export"
    tags = ["tenants"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/", summary="Export a tenant", media_type=MEDIA_TYPE)
    async def export(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        exports: NamedDependency[Exports],
    ) -> ArchiveResponse:
        """Return the tenant with all its rows as a ZIP, in any state; its owners may have it."""
        standing = await lock_tenant(platform_session, principal, name)
        standing.require_owner()
        response = exports.response(standing.tenant)
        standing.record(platform_session, "tenant.exported")
        return response
