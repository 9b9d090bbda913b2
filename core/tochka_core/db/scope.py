"""A transaction's scope: in which role it runs and whose rows it sees.

The scope is opened together with the transaction, in one round trip, and ends with it. Nothing of
it stays on the connection, nor of what its statements have set there, so the pool and a pooler in
transaction mode may hand the connection on.
"""

from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Connection, ExceptionContext, RootTransaction, event
from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.ext.asyncio import AsyncEngine
from tochka_migrations.roles import PLATFORM_ROLE, TENANT_ROLE
from tochka_migrations.transactions import keep_whole
from tochka_plugins.schemas import TENANT_SETTING

SCOPE_OPTION: Final = "tochka_scope"

_ISOLATION: Final = "READ COMMITTED"
"""Whatever the database's default: who locks a row, or keeps what is read, goes by each statement
seeing all that was committed before it."""

_IN_UTC: Final = "SET LOCAL TIME ZONE 'UTC'"
"""Whatever the database's default: a moment in JSON is text, and that of a distant past has a year
before Christ, or an offset with seconds, where clocks showed the sun's time then. Not told to the
driver, but each time: the end of a transaction resets what a pooler has set for its client."""

_FORGET_SESSION: Final = (
    "RESET SESSION AUTHORIZATION; RESET ALL; CLOSE ALL; UNLISTEN *;"
    " SELECT pg_advisory_unlock_all(); DISCARD SEQUENCES; DISCARD TEMP"
)
"""What `DISCARD ALL` does, which cannot share a batch, but for the driver's prepared statements."""

_FAIL_IF_ABORTED: Final = "SELECT"
"""Fails where a statement has failed before; COMMIT would roll back and call that a success."""

_UNKNOWN_STATEMENT: Final = "26000"
"""The SQLSTATE of a prepared statement that is gone."""


class NoScopeError(RuntimeError):
    """A transaction was begun without a scope; open one with `tenant_scope` or `platform_scope`."""


class Scope(msgspec.Struct, frozen=True):
    """What a transaction begins with."""

    within: str
    """The statements that give it to a transaction, until its end."""
    isolation: str = _ISOLATION

    @property
    def opening(self) -> str:
        """The statements that begin the transaction, sent as one batch."""
        return f"BEGIN ISOLATION LEVEL {self.isolation}; {_IN_UTC}; {self.within}"

    @classmethod
    def of_tenant(cls, tenant_id: UUID) -> "Scope":
        """See and write the rows of one tenant."""
        # UUID() keeps anything that is no UUID out of the statement.
        setting = f"SELECT set_config('{TENANT_SETTING}', '{UUID(str(tenant_id))}', true)"
        return cls(f"SET LOCAL ROLE {TENANT_ROLE}; {setting}")

    @classmethod
    def of_platform(cls) -> "Scope":
        """See and write the rows of all tenants."""
        return cls(f"SET LOCAL ROLE {PLATFORM_ROLE}")

    @classmethod
    def of_snapshot(cls) -> "Scope":
        """See the rows of all tenants as they are now, whatever is written meanwhile."""
        return cls(cls.of_platform().within, isolation="REPEATABLE READ READ ONLY")


def scoped(engine: AsyncEngine, scope: Scope) -> AsyncEngine:
    """Return *engine* with *scope* for every transaction begun on it."""
    return engine.execution_options(**{SCOPE_OPTION: scope})


def require_scope(engine: AsyncEngine) -> None:
    """Make every transaction on *engine* begin with its scope, and refuse those without one."""
    engine.sync_engine._connection_cls = _ScopedConnection  # noqa: SLF001 - see there
    engine.sync_engine._option_cls = _ScopedEngine  # noqa: SLF001 - as above
    event.listen(engine.sync_engine, "handle_error", _drop_forgetful)
    keep_whole(engine.sync_engine)


class _ScopedConnection(Connection):
    """A connection on which each transaction begins with the scope of its engine.

    SQLAlchemy has an event for that, but an engine with any event makes each connection look for
    all of them: that takes a tenth of the time of a request. What is used instead is private to
    SQLAlchemy 2.1; the upper bound in pyproject.toml and the tests of scopes guard it.
    """

    def _begin_impl(self, transaction: RootTransaction) -> None:
        _begin(self)
        super()._begin_impl(transaction)


class _ScopedEngine(OptionEngine):
    """What becomes of an engine that requires scopes when it is given options: another such."""

    _connection_cls = _ScopedConnection


_ScopedEngine._option_cls = _ScopedEngine  # noqa: SLF001 - our own class


def _begin(connection: Connection) -> None:
    scope: Scope | None = connection.get_execution_options().get(SCOPE_OPTION)
    if scope is None:
        raise NoScopeError("This transaction has no scope: use tenant_scope or platform_scope.")
    while True:
        adapted: Any = connection.connection.dbapi_connection
        driver = adapted.driver_connection
        # Set first: should the batch fail half-way, the pool still rolls the connection back.
        adapted._transaction = _Transaction(driver)  # noqa: SLF001 - the one seam
        try:
            adapted.run_async(lambda driver: driver.execute(scope.opening))
        except Exception:
            if not driver.is_closed():
                raise
            # The server has gone since the connection was last used. Nothing was sent yet, so
            # another connection may take over; one that cannot be opened raises.
            connection.invalidate()
        else:
            return


def _drop_forgetful(context: ExceptionContext) -> None:
    """Close a connection on which the driver's prepared statements are gone; it would stay so."""
    if getattr(context.original_exception, "sqlstate", None) == _UNKNOWN_STATEMENT:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False


class _Transaction:
    """Stands in for the driver's transaction, which would have cost a round trip of its own.

    SQLAlchemy's adapted asyncpg connection begins one lazily unless there is one already.
    """

    def __init__(self, driver: Any) -> None:  # noqa: ANN401 - the driver is never imported
        self._driver = driver

    async def commit(self) -> None:
        try:
            await self._driver.execute(f"{_FAIL_IF_ABORTED}; COMMIT; {_FORGET_SESSION}")
        except Exception:
            # The rest of the batch was skipped, and SQLAlchemy takes the transaction for ended.
            if not self._driver.is_closed():
                await self.rollback()
            raise

    async def rollback(self) -> None:
        await self._driver.execute(f"ROLLBACK; {_FORGET_SESSION}")
