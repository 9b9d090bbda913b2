"""Making, changing and listing plans. What was sold before stays as it was sold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, InvalidInput, NotFound, PageQuery, Principal, in_utc

from tochka_core.audit.services import record
from tochka_core.db.clock import clock, read_clock
from tochka_core.subscriptions.goods import known_currency, known_limits, known_modules
from tochka_core.subscriptions.models import Plan
from tochka_core.subscriptions.plan_schemas import PlanIn, PlanPatch

_AS_THEY_ARE: Final = ("title", "price_minor", "period", "trial_days")
"""Fields of a plan that nothing but their type restricts."""


async def create_plan(session: AsyncSession, wanted: PlanIn, *, actor: UUID | None) -> Plan:
    """Make a plan.

    Raises:
        InvalidInput: a currency, a module or a limit is none, or it ends before it begins.
        Conflict: there is a plan with this code.
    """
    active_from = await read_clock(session)
    if wanted.active_from is not None:
        active_from = in_utc(wanted.active_from, pointer="/active_from")
    plan = Plan(
        code=wanted.code,
        title=wanted.title,
        price_minor=wanted.price_minor,
        currency=known_currency(wanted.currency),
        period=wanted.period,
        trial_days=wanted.trial_days,
        modules=await known_modules(session, wanted.modules),
        limits=await known_limits(session, wanted.limits),
        active_from=active_from,
        active_until=_end(wanted.active_until),
    )
    _check_end(plan)
    session.add(plan)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("A plan with this code exists already.") from error
    record(session, "plan.created", actor=actor, tenant=None, plan=plan.code, **_terms(plan))
    await session.refresh(plan)
    return plan


async def change_plan(
    session: AsyncSession, code: str, patch: PlanPatch, *, actor: UUID | None
) -> Plan:
    """Change what *patch* names, for what is sold from now on.

    Raises:
        NotFound: there is no such plan.
        InvalidInput: a currency, a module or a limit is none, or it ends before it begins.
    """
    plan = _existing(await session.get(Plan, code, with_for_update=True))
    for field in _AS_THEY_ARE:
        value = getattr(patch, field)
        if value is not UNSET:
            setattr(plan, field, value)
    if patch.currency is not UNSET:
        plan.currency = known_currency(patch.currency)
    if patch.modules is not UNSET:
        plan.modules = await known_modules(session, patch.modules)
    if patch.limits is not UNSET:
        plan.limits = await known_limits(session, patch.limits)
    if patch.active_from is not UNSET:
        plan.active_from = in_utc(patch.active_from, pointer="/active_from")
    if patch.active_until is not UNSET:
        plan.active_until = _end(patch.active_until)
    _check_end(plan)
    record(session, "plan.changed", actor=actor, tenant=None, plan=plan.code, **_terms(plan))
    await session.flush()
    await session.refresh(plan)
    return plan


async def get_plan(session: AsyncSession, principal: Principal, code: str) -> Plan:
    """Return a plan; to others than a `platform_master` only while it is sold.

    Raises:
        NotFound: there is none.
    """
    return _existing(await session.scalar(select(Plan).where(Plan.code == code, *_seen(principal))))


async def list_plans(
    session: AsyncSession, principal: Principal, query: PageQuery
) -> tuple[Sequence[Plan], int]:
    """Return one page of the plans that are sold now, by code, and how many there are.

    A `platform_master` sees all.
    """
    seen = _seen(principal)
    total = await session.scalar(select(func.count()).select_from(Plan).where(*seen))
    page = select(Plan).where(*seen).order_by(Plan.code).limit(query.limit).offset(query.offset)
    return (await session.scalars(page)).all(), total or 0


async def get_sold_plan(session: AsyncSession, code: str) -> Plan:
    """Return a plan that is sold now; until the end nobody changes it.

    Raises:
        InvalidInput: there is none.
    """
    sold = select(Plan).where(Plan.code == code, _is_sold()).with_for_update(read=True)
    plan = await session.scalar(sold)
    if plan is None:
        raise InvalidInput("There is no such plan, or it is not sold now.", pointer="/plan")
    return plan


def _seen(principal: Principal) -> list[ColumnElement[bool]]:
    return [] if principal.role == "platform_master" else [_is_sold()]


def _is_sold() -> ColumnElement[bool]:
    has_no_end = or_(Plan.active_until.is_(None), Plan.active_until > clock())
    return (Plan.active_from <= clock()) & has_no_end


def _existing(plan: Plan | None) -> Plan:
    if plan is None:
        raise NotFound("There is no such plan.")
    return plan


def _end(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment, pointer="/active_until")


def _check_end(plan: Plan) -> None:
    if plan.active_until is not None and plan.active_until <= plan.active_from:
        raise InvalidInput("It ends before it begins.", pointer="/active_until")


def _terms(plan: Plan) -> dict[str, object]:
    """Return what the audit log says of a plan."""
    price = f"{plan.price_minor} {plan.currency} a {plan.period}"
    return {"price": price, "modules": " ".join(plan.modules)}
