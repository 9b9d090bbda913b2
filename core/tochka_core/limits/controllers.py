"""`/api/v1/tenants/{name}/limits`."""

from collections.abc import Sequence

from litestar import Controller, get
from litestar.params import FromPath
from tochka_plugins import CurrentPrincipal

from tochka_core.db.injection import PlatformSession
from tochka_core.limits.schemas import LimitOut
from tochka_core.limits.services import list_limits
from tochka_core.tenants.standing import get_open_tenant


class LimitController(Controller):
    """What a tenant may have of each thing that can be counted."""

    path = "/tenants/{name:str}/limits"
    tags = ["limits"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/", summary="List a tenant's limits")
    async def list_all(
        self, name: FromPath[str], platform_session: PlatformSession, principal: CurrentPrincipal
    ) -> Sequence[LimitOut]:
        """Return how much is used of each limit of the modules that the tenant has enabled."""
        tenant = await get_open_tenant(platform_session, principal, name)
        return await list_limits(platform_session, tenant.id)
