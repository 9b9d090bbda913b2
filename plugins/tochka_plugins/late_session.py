"""A session that is made when more is asked for than a connection.

To make a session and to end its transaction takes as much of a processor's time as the rest of a
short read does. What reads rows as they are, `CrudService` among others, needs none.
"""

from collections.abc import Callable
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import Connection, RootTransaction, event
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.util import greenlet_spawn

T = TypeVar("T")
Given = TypeVarTuple("Given")


async def on_connection(
    session: AsyncSession, work: Callable[[Connection, *Given], T], *given: *Given
) -> T:
    """Run *work* on the connection of *session*; what the session has to write is written first."""
    if isinstance(session, LateSession):
        return await greenlet_spawn(session.work, work, *given)

    def write_and_work(written: Session) -> T:
        written.flush()
        return work(written.connection(), *given)

    return await session.run_sync(write_and_work)


class LateSession(AsyncSession):
    """The session of one transaction, which ends with it and is of no use afterwards.

    SQLAlchemy's own is made when anything but a connection is asked for, and takes over the
    transaction where that has begun.
    """

    def __init__(self, engine: AsyncEngine, kind: type[Session], info: dict[Any, Any]) -> None:
        """Work on *engine*; where a session is made it is of *kind*, and holds *info*."""
        # Not as in AsyncSession, which makes the session here.
        self._engine = engine
        self._kind = kind
        self._info = info
        self._session: Session | None = None
        self._block: SessionTransaction | None = None
        self._connection: Connection | None = None
        self._transaction: RootTransaction | None = None
        self._is_at_work = False
        self._is_over = False

    @property
    def info(self) -> dict[Any, Any]:
        """What is told of the session, by whoever opened it."""
        return self._info

    @property  # type: ignore[misc]  # it can be set there
    def bind(self) -> AsyncEngine:
        """The engine, also where the session has taken over a connection of it."""
        return self._engine

    @property
    def sync_session(self) -> Session:  # type: ignore[override]  # an attribute, made with the rest
        """SQLAlchemy's session, in which its transaction has begun."""
        return self._session or self._make()

    _proxied = sync_session

    def work(self, work: Callable[[Connection, *Given], T], *given: *Given) -> T:
        """Run *work* as `on_connection` does, in a greenlet of SQLAlchemy's."""
        if self._session is not None:
            self._session.flush()
            return work(self._session.connection(), *given)
        self._refuse_another()
        self._is_at_work = True
        try:
            return work(self._connection or self._connect(), *given)
        finally:
            self._is_at_work = False

    def end(self, *raised: Any) -> None:  # noqa: ANN401 - as `__exit__` has it
        """Commit, or roll back where something was *raised*; give the connection back."""
        try:
            if self._block is not None:
                self._block.__exit__(*raised)
            elif self._transaction is not None:
                self._transaction.__exit__(*raised)
        finally:
            self._close()

    async def close(self) -> None:
        """Give the connection back, without what was done in the transaction."""
        await greenlet_spawn(self._close)

    def _connect(self) -> Connection:
        self._refuse_late_use()
        connection = self._engine.sync_engine.connect()
        try:
            transaction = connection.begin()
            self._refuse_late_use()  # another task may have ended it meanwhile
        except BaseException:
            connection.close()
            raise
        # Not before: whoever goes on after an error must not go on without a transaction.
        self._connection, self._transaction = connection, transaction
        return connection

    def _refuse_late_use(self) -> None:
        if self._is_over:
            raise InvalidRequestError("This session is over: its transaction has ended.")

    def _refuse_another(self) -> None:
        """Refuse a second task, which might be given another transaction than the first."""
        if self._is_at_work:
            raise InvalidRequestError("This session is in use: it does one thing at a time.")

    def _close(self) -> None:
        self._is_over = True
        if self._session is not None:
            self._session.close()
        if self._connection is not None:
            if self._is_at_work and not self._connection.closed:
                # For a task that was left behind: nothing more can be said on it.
                self._connection.invalidate()
            self._connection.close()

    def _give_back(self, _session: Session, ended: SessionTransaction) -> None:
        if ended.parent is None and self._connection is not None:
            self._connection.close()

    def _make(self) -> Session:
        self._refuse_another()
        session = self._session = self._kind(
            self._connection or self._engine.sync_engine,
            info=self._info,
            expire_on_commit=False,
            # One that is used after its transaction must fail: it would keep a connection for ever.
            close_resets_only=False,
            join_transaction_mode="control_fully",
        )
        session.info = self._info
        self._assign_proxied(session)
        if self._is_over:
            session.close()
        else:
            self._block = session.begin()
            self._block.__enter__()
            if self._connection is not None:
                session.connection()  # its transaction is the session's from now on
                event.listen(session, "after_transaction_end", self._give_back)
        return session
