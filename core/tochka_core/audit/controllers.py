"""`/api/v1/audit` and `/api/v1/tenants/{name}/audit`."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec.structs import replace
from tochka_plugins import CurrentPrincipal, Page, PageQuery, moment_query, read_moment
from tochka_plugins.pagination import MAX_TEXT, Limit, Offset

from tochka_core.audit.actions import ACTIONS, known_action
from tochka_core.audit.schemas import AuditEntryOut, TracedEntryOut
from tochka_core.audit.services import Wanted, list_entries
from tochka_core.db.injection import PlatformSession
from tochka_core.tenants.permissions import READ_AUDIT
from tochka_core.tenants.standing import get_standing, require_platform_master


async def provide_wanted(
    *,
    action: Annotated[
        str | None,
        QueryParameter(
            max_length=MAX_TEXT,
            description="Such as `member.removed`.",
            schema_extra={"enum": sorted(ACTIONS)},
        ),
    ] = None,
    actor_id: Annotated[UUID | None, QueryParameter(description="Who did it.")] = None,
    user_id: Annotated[UUID | None, QueryParameter(description="To whom it was done.")] = None,
    since: Annotated[str | None, moment_query("The first moment.")] = None,
    until: Annotated[str | None, moment_query("The first moment no more.")] = None,
) -> Wanted:
    """Read from the query string which entries are looked for."""
    return Wanted(
        action=action and known_action(action, pointer="/action"),
        actor=actor_id,
        user=user_id,
        since=None if since is None else read_moment(since, pointer="/since"),
        until=None if until is None else read_moment(until, pointer="/until"),
    )


class AuditController(Controller):
    """What was done, for those who answer for it."""

    tags = ["audit"]  # noqa: RUF012 - the name and type are Litestar's
    dependencies = {"wanted": Provide(provide_wanted)}  # noqa: RUF012 - as above

    @get("/audit", summary="List what was done")
    async def list_all(
        self,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        wanted: NamedDependency[Wanted],
        *,
        tenant_id: FromQuery[UUID | None] = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[TracedEntryOut]:
        """Return what was done anywhere, the newest first; only a `platform_master` may see it."""
        require_platform_master(principal)
        query = PageQuery(limit=limit, offset=offset)
        wanted = replace(wanted, tenant=tenant_id)
        found, total = await list_entries(platform_session, query, wanted)
        return query.page([TracedEntryOut.of(entry) for entry in found], total)

    @get("/tenants/{name:str}/audit", summary="List what was done in a tenant")
    async def list_of_tenant(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        wanted: NamedDependency[Wanted],
        *,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[AuditEntryOut]:
        """Return what was done in the tenant, the newest first."""
        standing = await get_standing(platform_session, principal, name)
        standing.require(READ_AUDIT)
        query = PageQuery(limit=limit, offset=offset)
        wanted = replace(wanted, tenant=standing.tenant.id)
        found, total = await list_entries(platform_session, query, wanted)
        return query.page([AuditEntryOut.of(entry) for entry in found], total)
