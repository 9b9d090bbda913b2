"""Writing down what was done, and reading it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import ColumnElement, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from tochka_plugins import PageQuery

from tochka_core.audit.actions import Action
from tochka_core.audit.models import AuditEntry
from tochka_core.db import Database
from tochka_core.request_facts import request_facts

_log = structlog.get_logger(__name__)


class Wanted(msgspec.Struct, frozen=True):
    """Which entries are looked for; `None` is any."""

    action: str | None = None
    actor: UUID | None = None
    user: UUID | None = None
    """The person it was done to."""
    tenant: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    """The first moment that is not meant any more."""


def record(
    session: AsyncSession,
    action: Action,
    *,
    actor: UUID | None,
    tenant: UUID | None,
    **detail: object,
) -> None:
    """Write down that *actor* does *action*, `None`: nobody who is signed in, or the command line.

    It is kept if the work is kept; the log says so too, once that is committed. The address and the
    id of the request that runs are added. *detail* holds no secret and no phone that is not masked;
    its values are written as text, moments as the API does, what is `None` not at all. Whom it is
    done to is its `user`.
    """
    said = {name: _as_text(value) for name, value in detail.items() if value is not None}
    request = request_facts()
    entry = AuditEntry(
        action=action,
        actor=actor,
        tenant=tenant,
        detail=said,
        address=request.get("address"),
        request_id=request.get("request_id"),
    )
    session.add(entry)

    def say(committed: Session) -> None:
        # What a savepoint has taken back is in the session no longer.
        if entry in committed and not committed.in_nested_transaction():
            _log.info(action, actor=actor and str(actor), tenant=tenant and str(tenant), **said)

    event.listen(session.sync_session, "after_commit", say)


def _as_text(value: object) -> str:
    return str(msgspec.to_builtins(value) if isinstance(value, datetime) else value)


async def record_refusal(
    database: Database, action: Action, *, actor: UUID | None = None, **detail: object
) -> None:
    """Write down that *actor*, or somebody, is refused something, in a transaction of its own.

    The one that is refused is rolled back, and nothing of it would be kept. Where the time that an
    answer takes must tell nothing, call it in all cases alike, before the error is raised; where
    a limit refuses, not at all: whoever floods the platform would flood the log.
    """
    async with database.platform_scope(reason=action) as session:
        record(session, action, actor=actor, tenant=None, **detail)


async def is_told_of(session: AsyncSession, tenant: UUID) -> bool:
    """Return whether anything was ever done in *tenant* here, which may be gone by now."""
    told = select(AuditEntry.id).where(AuditEntry.tenant == tenant).limit(1)
    return await session.scalar(told) is not None


async def list_entries(
    session: AsyncSession, query: PageQuery, wanted: Wanted
) -> tuple[Sequence[AuditEntry], int]:
    """Return one page of the *wanted* entries, the newest first, and how many there are."""
    conditions = list(_conditions(wanted))
    total = await session.scalar(select(func.count()).select_from(AuditEntry).where(*conditions))
    rows = await session.scalars(
        select(AuditEntry)
        .where(*conditions)
        .order_by(AuditEntry.id.desc())
        .limit(query.limit)
        .offset(query.offset)
    )
    return rows.all(), total or 0


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.action is not None:
        yield AuditEntry.action == wanted.action
    if wanted.actor is not None:
        yield AuditEntry.actor == wanted.actor
    if wanted.user is not None:
        yield AuditEntry.detail["user"].astext == str(wanted.user)
    if wanted.tenant is not None:
        yield AuditEntry.tenant == wanted.tenant
    if wanted.since is not None:
        yield AuditEntry.at >= wanted.since
    if wanted.until is not None:
        yield AuditEntry.at < wanted.until
