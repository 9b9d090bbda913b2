"""Recording what was sold without HTTP, for a module that takes the money."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound, Subscription

from tochka_core.db import Database
from tochka_core.subscriptions.sales import Sales
from tochka_core.subscriptions.schemas import PlanChangeIn, SaleIn
from tochka_core.tenants.models import Tenant


class SubscriptionDoor:
    """Sells for one module, each time in a transaction of its own; the audit log names it."""

    def __init__(self, database: Database, sales: Sales, module: str) -> None:
        """Record what *module* sells in *database*, by *sales*."""
        self._database = database
        self._sales = sales.by(module)
        self._module = module

    async def sell(
        self,
        tenant_id: UUID,
        *,
        plan: str | None = None,
        modules: Sequence[str] | None = None,
        starts_at: datetime | None = None,
        trial: bool = False,
        paid_until: datetime | UnsetType | None = UNSET,
    ) -> Subscription:
        """Sell a plan, or single modules."""
        wanted = SaleIn(
            plan=plan,
            modules=None if modules is None else [*modules],
            starts_at=starts_at,
            trial=trial,
            paid_until=paid_until,
        )
        async with self._locked(tenant_id) as (session, tenant):
            return (await self._sales.sell(session, tenant, wanted, actor=None)).told

    async def renew(
        self, tenant_id: UUID, subscription_id: UUID, *, paid_until: datetime | None
    ) -> Subscription:
        """Let a subscription be paid until a later moment."""
        async with self._locked(tenant_id) as (session, tenant):
            renewed = await self._sales.renew(
                session, tenant, subscription_id, paid_until, actor=None
            )
            return renewed.told

    async def change_plan(
        self,
        tenant_id: UUID,
        subscription_id: UUID,
        plan: str,
        *,
        at: datetime | Literal["now", "period_end"] = "now",
    ) -> Subscription:
        """Let a subscription go on with another plan."""
        moment = at.isoformat() if isinstance(at, datetime) else at
        wanted = PlanChangeIn(plan=plan, at=moment)
        async with self._locked(tenant_id) as (session, tenant):
            changed = await self._sales.change_plan(
                session, tenant, subscription_id, wanted, actor=None
            )
            return changed.told

    async def cancel(
        self,
        tenant_id: UUID,
        subscription_id: UUID,
        *,
        at: Literal["now", "period_end"] = "period_end",
    ) -> Subscription:
        """End a subscription."""
        async with self._locked(tenant_id) as (session, tenant):
            return (await self._sales.cancel(session, tenant, subscription_id, at, actor=None)).told

    @asynccontextmanager
    async def _locked(self, tenant_id: UUID) -> AsyncIterator[tuple[AsyncSession, Tenant]]:
        reason = f"{self._module} sells"
        async with self._database.platform_scope(reason=reason) as session:
            locked = select(Tenant).where(Tenant.id == tenant_id).with_for_update(key_share=True)
            tenant = await session.scalar(locked)
            if tenant is None:
                raise NotFound("There is no such tenant.")
            yield session, tenant
