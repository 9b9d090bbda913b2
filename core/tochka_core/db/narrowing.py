"""Lending a part of a transaction to code that may see one tenant only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from tochka_migrations.transactions import kept_whole
from tochka_plugins.schemas import TENANT_SETTING

from tochka_core.db.scope import Scope
from tochka_core.db.tenant_session import TENANT_KEY, TenantSession

_WIDEN: Final = f"{Scope.of_platform().within}; SELECT set_config('{TENANT_SETTING}', '', true)"


@asynccontextmanager
async def narrowed(session: AsyncSession, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
    """Yield a session that sees and writes the rows of one tenant, in *session*'s transaction.

    *session* sees all tenants; it is lent as by `lent`.
    """
    connection = await session.connection()
    # A block that raises is taken back, and the role and the setting with it.
    async with session.begin_nested():
        await _send(connection, Scope.of_tenant(tenant_id).within)
        async with lent(session, tenant_id) as own:
            yield own
        await _send(connection, _WIDEN)


@asynccontextmanager
async def lent(session: AsyncSession, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
    """Yield a session of its own in the transaction of *session*, which is scoped to the tenant.

    What it writes is kept if the transaction is: its own commit and rollback reach no further back
    than the block. Leave *session* alone in the block.
    """
    connection = await session.connection()
    assert connection.sync_connection is not None  # noqa: S101 - for mypy: it has begun
    with kept_whole(connection.sync_connection):
        own = AsyncSession(
            connection,
            sync_session_class=TenantSession,
            info={TENANT_KEY: tenant_id},
            expire_on_commit=False,
            close_resets_only=False,
            join_transaction_mode="create_savepoint",
        )
        async with own, own.begin():
            yield own


async def _send(connection: AsyncConnection, statements: str) -> None:
    """Send what the transaction is kept from sending by itself."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.execute(statements)
