"""The database as the rest of the core, and every module, reaches it."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from types import TracebackType
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import URL, NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.util import greenlet_spawn
from tochka_plugins.late_session import LateSession

from tochka_core.db.connecting import tell_failed_connections
from tochka_core.db.scope import Scope, require_scope, scoped
from tochka_core.db.tenant_session import TENANT_KEY, TenantSession

_log = structlog.get_logger(__name__)

_UNPREPARED: Final[Mapping[str, object]] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": str,  # no name: the server forgets it with the next one
}
"""Keeps nothing prepared: behind a pooler the next transaction may be on another's connection."""

_MAX_ENGINES: Final = 1_000
"""Of tenants; each is a view of the same pool, and takes longer to make than to begin on."""


class Database:
    """A pool of connections on which every transaction has a scope."""

    def __init__(self, url: URL, *, pool_size: int = 20, is_pooled: bool = False) -> None:
        """Make the pool; the first connection is opened when it is needed.

        With a *pool_size* of 0 each transaction opens a connection of its own: one may be in
        another event loop than the next.
        *is_pooled* tells that *url* is that of a pooler in transaction mode.
        """
        self.engine: AsyncEngine = create_async_engine(
            url,
            **_pooling(pool_size),
            hide_parameters=True,
            json_serializer=_as_json,
            json_deserializer=msgspec.json.decode,
            connect_args=_UNPREPARED if is_pooled else {},
        )
        tell_failed_connections(self.engine)
        require_scope(self.engine)
        self._platform_engine = scoped(self.engine, Scope.of_platform())
        self._tenant_engine = lru_cache(_MAX_ENGINES)(self._make_tenant_engine)

    def tenant_scope(self, tenant_id: UUID) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees and writes the rows of one tenant only.

        It takes a connection with its first statement. Commits when the block ends, rolls back when
        it raises.
        """
        whose = {TENANT_KEY: tenant_id}
        return _Transaction(self._tenant_engine(tenant_id), kind=TenantSession, info=whose)

    def platform_scope(self, *, reason: str) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees the rows of all tenants; *reason* is logged.

        It takes a connection with its first statement. Commits when the block ends, rolls back when
        it raises.
        """
        _log.debug("platform scope", reason=reason)
        return _Transaction(self._platform_engine)

    def snapshot(self, *, reason: str) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that reads, and sees all tenants as they are with its first statement.

        *reason* is logged.
        """
        _log.debug("snapshot", reason=reason)
        return _Transaction(scoped(self.engine, Scope.of_snapshot()))

    def _make_tenant_engine(self, tenant_id: UUID) -> AsyncEngine:
        return scoped(self.engine, Scope.of_tenant(tenant_id))

    async def dispose(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def _as_json(value: object) -> str:
    """Return *value*, in which structs and moments may stand, as a JSON column takes it."""
    return msgspec.json.encode(value).decode()


def _pooling(size: int) -> dict[str, Any]:
    if size == 0:
        return {"poolclass": NullPool}
    return {"pool_size": size, "max_overflow": 0, "pool_timeout": 10, "pool_pre_ping": False}


class _Transaction(AbstractAsyncContextManager[AsyncSession]):
    """A transaction in a session of its own, which commits unless its block raises.

    No generator: Litestar 2.25 leaves dependencies behind when another one fails, and the event
    loop cannot close generators that lie in each other.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        kind: type[Session] = Session,
        info: Mapping[str, object] | None = None,
    ) -> None:
        self._session = LateSession(engine, kind, dict(info or {}))

    async def __aenter__(self) -> AsyncSession:
        return self._session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await greenlet_spawn(self._session.end, kind, error, trace)
        except BaseException:
            # To the end, also for who is cancelled meanwhile.
            await self._session.__aexit__(kind, error, trace)
            raise
