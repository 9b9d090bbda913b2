"""`/api/v1/tenants/{name}/events`."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from tochka_plugins import CurrentPrincipal, EventInfo

from tochka_core.db.injection import PlatformSession
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.neighbours.venue import read_venue
from tochka_core.tenants.standing import get_open_tenant


class EventController(Controller):
    """What may happen to a tenant."""

    path = "/tenants/{name:str}/events"
    tags = ["modules"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/", summary="List the events of a tenant")
    async def list_all(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        neighbourhood: NamedDependency[Neighbourhood],
    ) -> list[EventInfo]:
        """Return what the platform, and the modules that are open to the tenant, may tell of."""
        tenant = await get_open_tenant(platform_session, principal, name)
        venue = await read_venue(platform_session, tenant)
        return list(neighbourhood.events.list(venue.opened))
