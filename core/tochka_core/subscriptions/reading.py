"""Subscriptions with their phases, as they stand at a moment."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound, PageQuery
from tochka_plugins.subscriptions import Subscription as Told

from tochka_core.db.clock import read_clock
from tochka_core.subscriptions.models import Phase, Subscription
from tochka_core.subscriptions.states import Dates, State


class Sold(msgspec.Struct, frozen=True):
    """A subscription, with what is to be known to say how it stands."""

    subscription: Subscription
    phases: Sequence[Phase]
    """In their order; there is one at least."""
    at: datetime
    """Now: the beginning of the transaction, but not before a cancellation that is recorded, which
    one that has begun later may have done while this one waited for the tenant."""

    @property
    def dates(self) -> Dates:
        """All that its state follows from."""
        return dates_of(self.subscription)

    @property
    def state(self) -> State:
        """How it stands."""
        return self.dates.state_at(self.at)

    @property
    def phase(self) -> Phase:
        """The phase that goes on, or else the next one to come."""
        left = [phase for phase in self.phases if phase.ends_at is None or self.at < phase.ends_at]
        return left[0]

    @property
    def told(self) -> Told:
        """As modules are told of it."""
        subscription = self.subscription
        return Told(
            id=subscription.id,
            state=self.state,
            plan=self.phase.plan,
            modules=tuple(self.phase.modules),
            starts_at=subscription.starts_at,
            trial_ends_at=subscription.trial_ends_at,
            paid_until=subscription.paid_until,
            ends_at=subscription.ends_at,
        )


def dates_of(subscription: Subscription) -> Dates:
    """Return all that the state of *subscription* follows from."""
    return Dates(
        starts_at=subscription.starts_at,
        trial_ends_at=subscription.trial_ends_at,
        paid_until=subscription.paid_until,
        grace_days=subscription.grace_days,
        ends_at=subscription.ends_at,
    )


async def list_sold(
    session: AsyncSession, tenant_id: UUID, query: PageQuery
) -> tuple[Sequence[Sold], int]:
    """Return one page of a tenant's subscriptions, the newest first, and how many there are."""
    own = Subscription.tenant_id == tenant_id
    total = await session.scalar(select(func.count()).select_from(Subscription).where(own))
    page = select(Subscription).where(own).order_by(Subscription.id.desc())
    found = (await session.scalars(page.limit(query.limit).offset(query.offset))).all()
    return await _with_phases(session, tenant_id, found), total or 0


async def get_sold(session: AsyncSession, tenant_id: UUID, subscription_id: UUID) -> Sold:
    """Return a subscription of a tenant.

    Raises:
        NotFound: it has no such one.
    """
    found = await session.get(Subscription, (tenant_id, subscription_id), populate_existing=True)
    if found is None:
        raise NotFound("There is no such subscription.")
    return (await _with_phases(session, tenant_id, [found]))[0]


async def _with_phases(
    session: AsyncSession, tenant_id: UUID, found: Sequence[Subscription]
) -> Sequence[Sold]:
    own = Phase.tenant_id == tenant_id, Phase.subscription_id.in_([item.id for item in found])
    phases: dict[UUID, list[Phase]] = defaultdict(list)
    for phase in await session.scalars(select(Phase).where(*own).order_by(Phase.starts_at)):
        phases[phase.subscription_id].append(phase)
    now = await read_clock(session)
    return [Sold(item, phases[item.id], max(now, item.canceled_at or now)) for item in found]
