"""Writing down what a subscription entitles to; what has passed is kept as it was."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import TIMESTAMP, ColumnElement, Function, delete, false, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict

from tochka_core.subscriptions.models import Entitlement, LimitEntitlement, Phase, Subscription
from tochka_core.subscriptions.reading import dates_of
from tochka_core.subscriptions.spans import Span, spans_of

Row = TypeVar("Row", Entitlement, LimitEntitlement)
What = TypeVar("What", bound=Hashable)


async def cover(
    session: AsyncSession,
    subscription: Subscription,
    phases: Sequence[Phase],
    *,
    since: datetime,
) -> None:
    """Let the entitlements of *subscription* follow from its dates and *phases*, from *since* on.

    Its tenant is locked, so that nobody sells the same module meanwhile.

    Raises:
        Conflict: others of the tenant cover some of the modules then; `modules` lists them.
    """
    dates, tenant_id = dates_of(subscription), subscription.tenant_id

    def new_entitlement(module: str, span: Span) -> Entitlement:
        return Entitlement(
            tenant_id=tenant_id,
            subscription_id=subscription.id,
            module=module,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            ending=span.ending,
        )

    def new_limit(limit: tuple[str, int | None], span: Span) -> LimitEntitlement:
        name, value = limit
        return LimitEntitlement(
            tenant_id=tenant_id,
            subscription_id=subscription.id,
            name=name,
            value=value,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
        )

    modules = spans_of(dates, phases, lambda phase: phase.modules)
    limits = spans_of(dates, phases, lambda phase: phase.limits.items())
    await _refuse_overlaps(session, subscription, modules, since=since)
    held = await _clear(session, Entitlement, subscription, since=since)
    live = {row.module: row for row in held}
    await _rewrite(session, live, modules, since=since, new=new_entitlement)
    bounds = await _clear(session, LimitEntitlement, subscription, since=since)
    bound = {(row.name, row.value): row for row in bounds}
    await _rewrite(session, bound, limits, since=since, new=new_limit)


async def _refuse_overlaps(
    session: AsyncSession,
    subscription: Subscription,
    wanted: Mapping[str, Sequence[Span]],
    *,
    since: datetime,
) -> None:
    held = func.tstzrange(Entitlement.starts_at, Entitlement.ends_at)
    overlapping: list[ColumnElement[bool]] = [
        (Entitlement.module == module)
        & held.op("&&", is_comparison=True)(_range(_from(span, since)))
        for module, spans in wanted.items()
        for span in spans
        if span.ends_at is None or span.ends_at > since
    ]
    others = select(Entitlement.module).where(
        Entitlement.tenant_id == subscription.tenant_id,
        Entitlement.subscription_id != subscription.id,
        or_(false(), *overlapping),
    )
    modules = sorted({*await session.scalars(others)})
    if modules:
        listed = ", ".join(modules)
        raise Conflict(
            f"Another subscription of the tenant covers {listed} at the time.", modules=modules
        )


async def _clear(
    session: AsyncSession, kind: type[Row], subscription: Subscription, *, since: datetime
) -> Sequence[Row]:
    """Drop what had not begun at *since*, and return what has not ended then."""
    own = (kind.tenant_id == subscription.tenant_id, kind.subscription_id == subscription.id)
    await session.execute(delete(kind).where(*own, kind.starts_at >= since))
    has_not_ended = or_(kind.ends_at.is_(None), kind.ends_at > since)
    return (await session.scalars(select(kind).where(*own, has_not_ended))).all()


async def _rewrite(
    session: AsyncSession,
    live: Mapping[What, Row],
    wanted: Mapping[What, Sequence[Span]],
    *,
    since: datetime,
    new: Callable[[What, Span], Row],
) -> None:
    """Change the *live* rows to what is *wanted*, and add what is not among them."""
    added = []
    for what, spans in wanted.items():
        for span in spans:
            if span.ends_at is not None and span.ends_at < since:
                continue
            row = live.get(what)
            if row is not None and span.starts_at < since:
                _end(row, span)
            elif span.ends_at is None or span.ends_at > since:
                added.append(new(what, _from(span, since)))
    # The database looks at each statement by itself: first the ones that make room.
    await session.flush()
    session.add_all(added)
    await session.flush()


def _end(row: Entitlement | LimitEntitlement, span: Span) -> None:
    row.ends_at = span.ends_at
    if isinstance(row, Entitlement):
        row.ending = span.ending


def _range(span: Span) -> Function[Any]:
    moment = TIMESTAMP(timezone=True)
    return func.tstzrange(literal(span.starts_at, moment), literal(span.ends_at, moment))


def _from(span: Span, since: datetime) -> Span:
    return Span(max(span.starts_at, since), span.ends_at, span.ending)
