"""What a sale or a change of plan is for, and until when: checked, and filled in from the plan."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import InvalidInput, in_utc

from tochka_core.subscriptions.goods import known_currency, known_modules
from tochka_core.subscriptions.models import Period, Phase, Plan, Subscription
from tochka_core.subscriptions.plans import get_sold_plan
from tochka_core.subscriptions.schemas import SaleIn

_END_OF_TIME: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""A date to come, with days of grace or a period after it that Python can still write."""

_MONTHS: Final[dict[Period, int]] = {"month": 1, "year": 12}


class Terms(msgspec.Struct, frozen=True):
    """What is sold, copied: a plan that changes later changes nothing of it."""

    modules: list[str]
    limits: dict[str, int | None] = {}
    plan: str | None = None
    price_minor: int | None = None
    currency: str | None = None
    period: Period | None = None
    trial_days: int = 0

    @classmethod
    def of(cls, plan: Plan) -> "Terms":
        """Return what *plan* is now."""
        return cls(
            modules=list(plan.modules),
            limits=dict(plan.limits),
            plan=plan.code,
            price_minor=plan.price_minor,
            currency=plan.currency,
            period=plan.period,
            trial_days=plan.trial_days,
        )

    def phase(self, subscription: Subscription, starts_at: datetime) -> Phase:
        """Return the last phase of *subscription*, from *starts_at* on."""
        copied: dict[str, Any] = msgspec.structs.asdict(self)
        del copied["trial_days"]
        return Phase(
            tenant_id=subscription.tenant_id,
            subscription_id=subscription.id,
            starts_at=starts_at,
            ends_at=None,
            **copied,
        )


async def read_terms(session: AsyncSession, wanted: SaleIn) -> Terms:
    """Return what *wanted* is to be sold.

    Raises:
        InvalidInput: it is not one of a plan and single modules, or there are none such, or what
            belongs to the one is said of the other.
    """
    if wanted.plan is not None:
        for field in ("modules", "price_minor", "currency"):
            if getattr(wanted, field) is not None:
                raise InvalidInput("This is the plan's.", pointer=f"/{field}")
        return Terms.of(await get_sold_plan(session, wanted.plan))
    if not wanted.modules:
        raise InvalidInput("Say what is sold: a plan, or modules.", pointer="/plan")
    if (wanted.price_minor is None) != (wanted.currency is None):
        lacking = "price_minor" if wanted.price_minor is None else "currency"
        raise InvalidInput("A price is an amount in a currency.", pointer=f"/{lacking}")
    return Terms(
        modules=await known_modules(session, wanted.modules),
        price_minor=wanted.price_minor,
        currency=wanted.currency and known_currency(wanted.currency),
    )


def first_dates(
    wanted: SaleIn, terms: Terms, *, now: datetime
) -> tuple[datetime, datetime | None, datetime | None]:
    """Return when the sale starts, when its trial ends, and until when it is paid.

    Raises:
        InvalidInput: they do not follow each other, or there is no trial, or it is to be said until
            when single modules are paid.
    """
    starts_at = now if wanted.starts_at is None else in_time(wanted.starts_at, pointer="/starts_at")
    trial_ends_at = None
    if wanted.trial:
        if not terms.trial_days:
            raise InvalidInput("Here is nothing to try: it has no days of trial.", pointer="/trial")
        trial_ends_at = starts_at + timedelta(days=terms.trial_days)
    if wanted.paid_until is not UNSET:
        paid_until = wanted.paid_until and in_time(wanted.paid_until, pointer="/paid_until")
    elif terms.period is None:
        raise InvalidInput("Say until when it is paid; null is for ever.", pointer="/paid_until")
    else:
        paid_until = trial_ends_at or after(starts_at, terms.period)
    if paid_until is not None and paid_until <= starts_at:
        raise InvalidInput("It ends before it begins.", pointer="/paid_until")
    if paid_until is not None and trial_ends_at is not None and paid_until < trial_ends_at:
        raise InvalidInput("It ends before the trial does.", pointer="/paid_until")
    return starts_at, trial_ends_at, paid_until


def in_time(moment: datetime, *, pointer: str) -> datetime:
    """Return *moment* in UTC.

    Raises:
        InvalidInput: it names no time zone, or is too far to count on from there.
    """
    found = in_utc(moment, pointer=pointer)
    if found >= _END_OF_TIME:
        raise InvalidInput("This is too far away; null is for ever.", pointer=pointer)
    return found


def after(moment: datetime, period: Period) -> datetime:
    """Return when one period from *moment* on is over.

    It ends on the same day of the month, or on the last one of a month that has no such day.
    """
    months = moment.month - 1 + _MONTHS[period]
    year, month = moment.year + months // 12, months % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
