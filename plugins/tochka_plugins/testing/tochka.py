"""The fixture `tochka`: the platform in the process of the tests, clean for each of them."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tochka_plugins.context import Platform
from tochka_plugins.events import Event
from tochka_plugins.messages import Message
from tochka_plugins.testing.platform import PlatformUnderTest


class Clock(Protocol):
    """The time, for Python and for decisions in the database alike; it goes on after the test.

    `now()` in SQL is not moved: it is when a row is really written.
    """

    def now(self) -> datetime:
        """Return the present moment, in UTC."""

    def set(self, moment: datetime) -> None:
        """Let it be *moment*, and no later, until it is moved again."""

    def move(self, by: timedelta) -> None:
        """Let it be so much later, and no later, until it is moved again."""


class Tochka(PlatformUnderTest):
    """The platform with the modules under test and those they need, and nothing else.

    What one test leaves behind, the next does not find. The application runs in a thread of its
    own, so that a test may be an ordinary function, or asynchronous in any event loop.
    """

    clock: Clock
    """Moves the time."""

    @abstractmethod
    def messages(self, phone: str | None = None) -> Sequence[Message]:
        """Return what the platform has sent to phones, or to one, the oldest first.

        Those that are on their way are waited for. What a module under test has delivered itself
        is not among them.
        """

    @abstractmethod
    def events(self, tenant: str | None = None) -> Sequence[Event]:
        """Return what modules have told, to all tenants or to this one, the oldest first.

        Only what was kept is among them, and what the application has told, not a command. What
        the platform tells is not.
        """

    @abstractmethod
    def door(self, module: str | None = None) -> Platform:
        """Return what a module gets in `tochka_startup`; by default the one under test."""

    @abstractmethod
    def tenant_scope(self, tenant_id: UUID) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees and writes the rows of one tenant, whoever has the module.

        Commits when the block ends, rolls back when it raises.
        """

    @abstractmethod
    def platform_scope(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that sees the rows of all tenants.

        Commits when the block ends, rolls back when it raises.
        """
