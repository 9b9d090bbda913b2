"""Selling to a tenant, and what becomes of what was sold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, InvalidInput
from tochka_plugins.core_events import SubscriptionChanged
from tochka_plugins.subscriptions import SubscriptionEvent

from tochka_core.audit.services import record
from tochka_core.db.clock import read_clock
from tochka_core.subscriptions.covering import cover
from tochka_core.subscriptions.models import Phase, Subscription
from tochka_core.subscriptions.plans import get_sold_plan
from tochka_core.subscriptions.reading import Sold, get_sold
from tochka_core.subscriptions.schemas import PlanChangeIn, SaleIn
from tochka_core.subscriptions.terms import Terms, first_dates, in_time, read_terms
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.models import Tenant


class Sales:
    """Records what is sold, renewed, changed and canceled.

    Whoever calls has locked the tenant. What changes nothing is no error, and nobody is told.
    """

    def __init__(self, hooks: TenantHooks, *, grace_days: int, module: str | None = None) -> None:
        """Tell modules by *hooks*; what is sold stays open *grace_days* after it was paid for."""
        self._hooks = hooks
        self._grace_days = grace_days
        self._module = module

    def by(self, module: str) -> "Sales":
        """Return the same, as *module* does it: the audit log says so."""
        return Sales(self._hooks, grace_days=self._grace_days, module=module)

    async def sell(
        self, session: AsyncSession, tenant: Tenant, wanted: SaleIn, *, actor: UUID | None
    ) -> Sold:
        """Sell a plan or single modules to *tenant*.

        Raises:
            InvalidInput: there is nothing such to sell, or the dates do not follow each other.
            Conflict: other subscriptions cover some of the modules then; `modules` lists them.
            TochkaError: a module refuses, or has failed.
        """
        terms = await read_terms(session, wanted)
        now = await read_clock(session)
        starts_at, trial_ends_at, paid_until = first_dates(wanted, terms, now=now)
        subscription = Subscription(
            tenant_id=tenant.id,
            starts_at=starts_at,
            trial_ends_at=trial_ends_at,
            paid_until=paid_until,
            grace_days=self._grace_days,
        )
        session.add(subscription)
        await session.flush()
        session.add(terms.phase(subscription, starts_at))
        await session.flush()
        sold = await get_sold(session, tenant.id, subscription.id)
        await cover(session, subscription, sold.phases, since=starts_at)
        about = {"subscription": subscription.id, "plan": terms.plan, "paid_until": paid_until}
        modules = " ".join(terms.modules)
        record(
            session,
            "subscription.sold",
            actor=actor,
            tenant=tenant.id,
            by=self._module,
            modules=modules,
            **about,
        )
        return await self._tell(session, tenant, sold, "sold")

    async def renew(
        self,
        session: AsyncSession,
        tenant: Tenant,
        subscription_id: UUID,
        paid_until: datetime | None,
        *,
        actor: UUID | None,
    ) -> Sold:
        """Let a subscription be paid until another moment; one that has expired opens again now.

        Raises:
            NotFound: the tenant has no such subscription.
            InvalidInput: it is paid for longer already, or this is no time to come.
            Conflict: it is canceled, or another one covers some of its modules by now.
            TochkaError: a module refuses, or has failed.
        """
        sold = await get_sold(session, tenant.id, subscription_id)
        subscription = sold.subscription
        if subscription.ends_at is not None:
            _refuse_ended(sold)
            raise Conflict("It is canceled: take the cancellation back first.")
        until = paid_until and in_time(paid_until, pointer="/paid_until")
        if until == subscription.paid_until:
            return sold
        if subscription.paid_until is None or (until and until < subscription.paid_until):
            raise InvalidInput("It is paid for longer than that.", pointer="/paid_until")
        if until is not None and until <= sold.at:
            raise InvalidInput("This is not a time to come.", pointer="/paid_until")
        subscription.paid_until = until
        await cover(session, subscription, sold.phases, since=sold.at)
        about = {"subscription": subscription_id, "paid_until": until}
        record(
            session, "subscription.renewed", actor=actor, tenant=tenant.id, by=self._module, **about
        )
        return await self._tell(session, tenant, sold, "renewed")

    async def change_plan(
        self,
        session: AsyncSession,
        tenant: Tenant,
        subscription_id: UUID,
        wanted: PlanChangeIn,
        *,
        actor: UUID | None,
    ) -> Sold:
        """Let a subscription go on with a plan as it is now, from a moment on.

        What was to come after that moment comes no more.

        Raises:
            NotFound: the tenant has no such subscription.
            InvalidInput: there is no such plan, or this is no moment to change it.
            Conflict: it has ended, or another one covers some of the modules.
            TochkaError: a module refuses, or has failed.
        """
        sold = await get_sold(session, tenant.id, subscription_id)
        _refuse_ended(sold)
        terms = Terms.of(await get_sold_plan(session, wanted.plan))
        at = _moment_of_change(sold, wanted.at)
        phases = await _cut(session, sold, at)
        session.add(terms.phase(sold.subscription, at))
        await session.flush()
        sold = await get_sold(session, tenant.id, subscription_id)
        await cover(session, sold.subscription, sold.phases, since=sold.at)
        before = phases[-1].plan if phases else None
        about = {"subscription": subscription_id, "before": before, "plan": terms.plan, "at": at}
        record(
            session,
            "subscription.plan_changed",
            actor=actor,
            tenant=tenant.id,
            by=self._module,
            **about,
        )
        return await self._tell(session, tenant, sold, "plan_changed")

    async def cancel(
        self,
        session: AsyncSession,
        tenant: Tenant,
        subscription_id: UUID,
        at: Literal["now", "period_end"],
        *,
        actor: UUID | None,
    ) -> Sold:
        """End a subscription, at once or when what was paid for is over. It is not deleted.

        Raises:
            NotFound: the tenant has no such subscription.
            Conflict: it has ended, or is paid for ever and has no period that ends.
            TochkaError: a module refuses, or has failed.
        """
        sold = await get_sold(session, tenant.id, subscription_id)
        _refuse_ended(sold)
        subscription = sold.subscription
        ends_at = sold.at if at == "now" else max(sold.at, _period_end(sold))
        if ends_at == subscription.ends_at:
            return sold
        subscription.canceled_at, subscription.ends_at = sold.at, ends_at
        await cover(session, subscription, sold.phases, since=sold.at)
        about = {"subscription": subscription_id, "ends_at": ends_at}
        record(
            session,
            "subscription.canceled",
            actor=actor,
            tenant=tenant.id,
            by=self._module,
            **about,
        )
        return await self._tell(session, tenant, sold, "canceled")

    async def withdraw_cancellation(
        self, session: AsyncSession, tenant: Tenant, subscription_id: UUID, *, actor: UUID | None
    ) -> Sold:
        """Let a subscription that is canceled, but has not ended, go on.

        Raises:
            NotFound: the tenant has no such subscription.
            Conflict: it has ended, or another one covers some of its modules after it.
            TochkaError: a module refuses, or has failed.
        """
        sold = await get_sold(session, tenant.id, subscription_id)
        _refuse_ended(sold)
        subscription = sold.subscription
        if subscription.ends_at is None:
            return sold
        subscription.canceled_at = subscription.ends_at = None
        await cover(session, subscription, sold.phases, since=sold.at)
        record(
            session,
            "subscription.cancellation_withdrawn",
            actor=actor,
            tenant=tenant.id,
            by=self._module,
            subscription=subscription_id,
        )
        return await self._tell(session, tenant, sold, "cancellation_withdrawn")

    async def _tell(
        self, session: AsyncSession, tenant: Tenant, sold: Sold, event: SubscriptionEvent
    ) -> Sold:
        """Tell modules what was done, and return how it stands now."""
        await session.flush()
        now = await get_sold(session, tenant.id, sold.subscription.id)
        told = msgspec.structs.replace(now.told, event=event)
        await self._hooks.subscription_changed(session, tenant, told)
        await self._hooks.publish(session, tenant, SubscriptionChanged(told))
        return now


def _refuse_ended(sold: Sold) -> None:
    if sold.state == "canceled":
        raise Conflict("The subscription has ended: sell another one.")


def _period_end(sold: Sold) -> datetime:
    if sold.subscription.paid_until is None:
        raise Conflict("It is paid for ever, and has no period that ends.")
    return sold.subscription.paid_until


def _moment_of_change(sold: Sold, at: str) -> datetime:
    """Return the moment that a client calls *at*, not before now and not before the start."""
    subscription = sold.subscription
    earliest = max(sold.at, subscription.starts_at)
    if at == "now":
        return earliest
    if at == "period_end":
        moment = max(earliest, _period_end(sold))
    else:
        try:
            moment = in_time(msgspec.convert(at, datetime), pointer="/at")
        except msgspec.ValidationError:
            message = "Say now, period_end, or a moment such as 2027-01-01T00:00:00Z."
            raise InvalidInput(message, pointer="/at") from None
        if moment < earliest:
            raise InvalidInput("This is not a time to come.", pointer="/at")
    if subscription.ends_at is not None and moment >= subscription.ends_at:
        raise InvalidInput("The subscription is canceled, and has ended by then.", pointer="/at")
    return moment


async def _cut(session: AsyncSession, sold: Sold, at: datetime) -> Sequence[Phase]:
    """End the phase that goes on at *at*, and drop those after it; return what is left."""
    own = (
        Phase.tenant_id == sold.subscription.tenant_id,
        Phase.subscription_id == sold.subscription.id,
    )
    left = [phase for phase in sold.phases if phase.starts_at < at]
    await session.execute(delete(Phase).where(*own, Phase.starts_at >= at))
    if left:
        left[-1].ends_at = at
    await session.flush()
    return left
