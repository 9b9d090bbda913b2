"""`/api/v1/plans`."""

from litestar import Controller, get, patch, post
from litestar.params import FromPath, JSONBody
from tochka_plugins import CurrentPrincipal, Page, PageQuery
from tochka_plugins.pagination import Limit, Offset

from tochka_core.db.injection import PlatformSession
from tochka_core.subscriptions import plans
from tochka_core.subscriptions.plan_schemas import PlanIn, PlanOut, PlanPatch
from tochka_core.tenants.standing import require_platform_master


class PlanController(Controller):
    """What the platform sells."""

    path = "/plans"
    tags = ["subscriptions"]  # noqa: RUF012 - the name and type are Litestar's

    @post("/", summary="Make a plan")
    async def make(
        self, data: JSONBody[PlanIn], platform_session: PlatformSession, principal: CurrentPrincipal
    ) -> PlanOut:
        """Make a plan; only a `platform_master` may."""
        actor = require_platform_master(principal).user_id
        return PlanOut.of(await plans.create_plan(platform_session, data, actor=actor))

    @get("/", summary="List plans")
    async def list_all(
        self,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[PlanOut]:
        """Return the plans that are sold now, by code; all of them for a `platform_master`."""
        query = PageQuery(limit=limit, offset=offset)
        found, total = await plans.list_plans(platform_session, principal, query)
        return query.page([PlanOut.of(plan) for plan in found], total)

    @get("/{code:str}", summary="Get a plan")
    async def get_one(
        self, code: FromPath[str], platform_session: PlatformSession, principal: CurrentPrincipal
    ) -> PlanOut:
        """Return one plan that is sold now; any for a `platform_master`."""
        return PlanOut.of(await plans.get_plan(platform_session, principal, code))

    @patch("/{code:str}", summary="Change a plan")
    async def change(
        self,
        code: FromPath[str],
        data: JSONBody[PlanPatch],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> PlanOut:
        """Change what is sold from now on, not what was sold; only a `platform_master` may."""
        actor = require_platform_master(principal).user_id
        return PlanOut.of(await plans.change_plan(platform_session, code, data, actor=actor))
