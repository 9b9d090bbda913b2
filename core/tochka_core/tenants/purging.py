"""Dropping all rows of a tenant that is deleted; no module is asked, and none has to be there."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict

from tochka_core.audit.services import record
from tochka_core.tenants.models import Tenant
from tochka_core.tenants.tables import TenantRows, TenantTable, list_tenant_tables


class Purge(msgspec.Struct, frozen=True):
    """What is dropped with a tenant."""

    id: UUID
    name: str
    tables: tuple[TenantRows, ...]
    """Those that hold rows of it."""


async def list_due(session: AsyncSession) -> Sequence[str]:
    """Return the names of the deleted tenants whose time of grace is over, the longest first."""
    due = select(Tenant.name).where(Tenant.purge_after <= func.now()).order_by(Tenant.purge_after)
    return (await session.scalars(due)).all()


async def plan_purge(session: AsyncSession, tenant: Tenant) -> Purge:
    """Return what purging *tenant* would drop.

    Raises:
        Conflict: it is not deleted.
    """
    _refuse_living(tenant)
    tables = [
        TenantRows(table.path, await _count(session, table, tenant.id))
        for table in await list_tenant_tables(session)
    ]
    return _purge_of(tenant, tables)


async def purge_tenant(session: AsyncSession, tenant: Tenant) -> Purge:
    """Drop *tenant* and all its rows, also while it could still be restored; its row is locked.

    What the audit log says of it stays. Return what was dropped.

    Raises:
        Conflict: it is not deleted, or rows that are no tenant's point to some of its own.
    """
    _refuse_living(tenant)
    tables = await list_tenant_tables(session)
    try:
        dropped = await _drop(session, tables, tenant.id)
        await session.execute(delete(Tenant).where(Tenant.id == tenant.id))
    except DBAPIError as error:
        raise Conflict(f"The tenant {tenant.name} cannot be purged: {error.orig}") from error
    purge = _purge_of(tenant, dropped)
    rows = sum(table.rows for table in purge.tables)
    record(session, "tenant.purged", actor=None, tenant=tenant.id, name=tenant.name, rows=rows)
    return purge


def _refuse_living(tenant: Tenant) -> None:
    if tenant.purge_after is None:
        raise Conflict(
            f"The tenant {tenant.name} is not deleted; first: tochka tenants delete {tenant.name}"
        )


def _purge_of(tenant: Tenant, tables: Sequence[TenantRows]) -> Purge:
    return Purge(tenant.id, tenant.name, tuple(table for table in tables if table.rows))


async def _count(session: AsyncSession, table: TenantTable, tenant_id: UUID) -> int:
    counting = text(f"SELECT count(*) FROM {table.quoted} WHERE tenant_id = :tenant")  # noqa: S608 - the catalog has quoted it
    return await session.scalar(counting, {"tenant": tenant_id}) or 0


async def _drop(
    session: AsyncSession, tables: Sequence[TenantTable], tenant_id: UUID
) -> Sequence[TenantRows]:
    """Delete the tenant's rows; return how many there were, by table.

    In one statement: foreign keys are looked at when it is over, so that no order is wrong.
    """
    deletions = ", ".join(
        f"t{number} AS (DELETE FROM {table.quoted} WHERE tenant_id = :tenant RETURNING 1),"  # noqa: S608 - the catalog has quoted it
        f" c{number} AS (SELECT count(*) FROM t{number})"
        for number, table in enumerate(tables)
    )
    counts = ", ".join(f"(TABLE c{number})" for number in range(len(tables)))
    statement = text(f"WITH {deletions} SELECT ARRAY[{counts}]")
    rows = await session.scalar(statement, {"tenant": tenant_id})
    return [TenantRows(table.path, n) for table, n in zip(tables, rows or (), strict=True)]
