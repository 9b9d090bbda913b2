"""Writing down what was done, and reading it."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from tochka_plugins import PageQuery

from tochka_core.audit.models import AuditEntry

_log = structlog.get_logger(__name__)


def record(
    session: AsyncSession, action: str, *, actor: UUID | None, tenant: UUID | None, **detail: object
) -> None:
    """Write down that *actor* (`None`: the command line) does *action*; kept if the work is kept.

    The log says so too, once the work is committed. *detail* holds no secret; its values are
    written as text, what is `None` not at all.
    """
    said = {name: str(value) for name, value in detail.items() if value is not None}
    entry = AuditEntry(action=action, actor=actor, tenant=tenant, detail=said)
    session.add(entry)

    def say(committed: Session) -> None:
        # What a savepoint has taken back is in the session no longer.
        if entry in committed and not committed.in_nested_transaction():
            _log.info(action, actor=actor and str(actor), tenant=tenant and str(tenant), **said)

    event.listen(session.sync_session, "after_commit", say)


async def is_told_of(session: AsyncSession, tenant: UUID) -> bool:
    """Return whether anything was ever done in *tenant* here, which may be gone by now."""
    told = select(AuditEntry.id).where(AuditEntry.tenant == tenant).limit(1)
    return await session.scalar(told) is not None


async def list_entries(
    session: AsyncSession, query: PageQuery, *, tenant: UUID | None = None
) -> tuple[Sequence[AuditEntry], int]:
    """Return one page of what was done, in *tenant* or anywhere, the newest first, and how much."""
    wanted = [] if tenant is None else [AuditEntry.tenant == tenant]
    total = await session.scalar(select(func.count()).select_from(AuditEntry).where(*wanted))
    rows = await session.scalars(
        select(AuditEntry)
        .where(*wanted)
        .order_by(AuditEntry.id.desc())
        .limit(query.limit)
        .offset(query.offset)
    )
    return rows.all(), total or 0
