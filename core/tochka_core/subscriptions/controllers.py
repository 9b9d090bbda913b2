"""`/api/v1/tenants/{name}/subscriptions`."""

from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK
from tochka_plugins import CurrentPrincipal, Page, PageQuery, PermissionDenied
from tochka_plugins.pagination import Limit, Offset

from tochka_core.db.injection import PlatformSession
from tochka_core.subscriptions.reading import get_sold, list_sold
from tochka_core.subscriptions.sales import Sales
from tochka_core.subscriptions.schemas import (
    CancellationIn,
    PlanChangeIn,
    RenewalIn,
    SaleIn,
    SubscriptionOut,
)
from tochka_core.tenants.permissions import MANAGE_SUBSCRIPTIONS
from tochka_core.tenants.standing import (
    get_open_tenant,
    lock_tenant,
    lock_tenant_to,
    require_platform_master,
)


class SubscriptionController(Controller):
    """What a tenant has bought, and what becomes of it."""

    path = "/tenants/{name:str}/subscriptions"
    tags = ["subscriptions"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/", summary="List subscriptions")
    async def list_all(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[SubscriptionOut]:
        """Return all that was ever sold to the tenant, the newest first, as it stands now."""
        tenant = await get_open_tenant(platform_session, principal, name)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await list_sold(platform_session, tenant.id, query)
        return query.page([SubscriptionOut.of(sold) for sold in found], total)

    @get("/{subscription_id:uuid}", summary="Get a subscription")
    async def get_one(
        self,
        name: FromPath[str],
        subscription_id: FromPath[UUID],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> SubscriptionOut:
        """Return one subscription with its phases, as it stands now."""
        tenant = await get_open_tenant(platform_session, principal, name)
        return SubscriptionOut.of(await get_sold(platform_session, tenant.id, subscription_id))

    @post("/", summary="Sell a subscription")
    async def sell(
        self,
        name: FromPath[str],
        data: JSONBody[SaleIn],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        sales: NamedDependency[Sales],
    ) -> SubscriptionOut:
        """Record what was sold to the tenant; only a `platform_master` may."""
        actor = require_platform_master(principal).user_id
        tenant = (await lock_tenant(platform_session, principal, name)).tenant
        return SubscriptionOut.of(await sales.sell(platform_session, tenant, data, actor=actor))

    @post(
        "/{subscription_id:uuid}/renewal", summary="Renew a subscription", status_code=HTTP_200_OK
    )
    async def renew(
        self,
        name: FromPath[str],
        subscription_id: FromPath[UUID],
        data: JSONBody[RenewalIn],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        sales: NamedDependency[Sales],
    ) -> SubscriptionOut:
        """Record until when it is paid now; only a `platform_master` may. Again is no error."""
        actor = require_platform_master(principal).user_id
        tenant = (await lock_tenant(platform_session, principal, name)).tenant
        renewed = await sales.renew(
            platform_session, tenant, subscription_id, data.paid_until, actor=actor
        )
        return SubscriptionOut.of(renewed)

    @post(
        "/{subscription_id:uuid}/plan",
        summary="Change the plan of a subscription",
        status_code=HTTP_200_OK,
    )
    async def change_plan(
        self,
        name: FromPath[str],
        subscription_id: FromPath[UUID],
        data: JSONBody[PlanChangeIn],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        sales: NamedDependency[Sales],
    ) -> SubscriptionOut:
        """Let it go on with another plan from a moment on; only a `platform_master` may."""
        actor = require_platform_master(principal).user_id
        tenant = (await lock_tenant(platform_session, principal, name)).tenant
        changed = await sales.change_plan(
            platform_session, tenant, subscription_id, data, actor=actor
        )
        return SubscriptionOut.of(changed)

    @post(
        "/{subscription_id:uuid}/cancellation",
        summary="Cancel a subscription",
        status_code=HTTP_200_OK,
    )
    async def cancel(
        self,
        name: FromPath[str],
        subscription_id: FromPath[UUID],
        data: JSONBody[CancellationIn],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        sales: NamedDependency[Sales],
    ) -> SubscriptionOut:
        """End it when what is paid is over, or at once, as only a `platform_master` may."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_SUBSCRIPTIONS)
        if data.at == "now" and principal.role != "platform_master":
            raise PermissionDenied("Only a platform_master may cancel what is paid for.")
        tenant, actor = standing.tenant, principal.user_id
        canceled = await sales.cancel(
            platform_session, tenant, subscription_id, data.at, actor=actor
        )
        return SubscriptionOut.of(canceled)

    @delete(
        "/{subscription_id:uuid}/cancellation",
        summary="Take a cancellation back",
        status_code=HTTP_200_OK,
    )
    async def withdraw_cancellation(
        self,
        name: FromPath[str],
        subscription_id: FromPath[UUID],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        sales: NamedDependency[Sales],
    ) -> SubscriptionOut:
        """Let it go on, as long as it has not ended."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_SUBSCRIPTIONS)
        tenant, actor = standing.tenant, principal.user_id
        going_on = await sales.withdraw_cancellation(
            platform_session, tenant, subscription_id, actor=actor
        )
        return SubscriptionOut.of(going_on)
