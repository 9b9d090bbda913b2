"""Facts that were read from the database, kept until the database tells that they have changed.

A fact is about a subject: a person, a tenant. PostgreSQL tells of a change by the kind of fact and
the subject (`tochka_migrations.changes`), and all that is kept of both is forgotten. While nobody
listens, nothing is kept.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar, TypeVarTuple

from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.db import Database

Subject = TypeVar("Subject")
About = TypeVarTuple("About")
V = TypeVar("V")

MAX_SUBJECTS: Final = 10_000
"""Of each kind; the ones that were asked for least recently are forgotten."""

MAX_ANSWERS: Final = 100
"""Of each subject: who asks for ever new names fills a place of their own only."""


class Fact(Generic[Subject, *About, V]):
    """A kind of fact that may be kept."""

    def __init__(
        self, kind: str, read: Callable[[AsyncSession, Subject, *About], Awaitable[V]]
    ) -> None:
        """*read* one about a subject; changes are told as those of *kind*."""
        self.kind = kind
        self.read = read


class Cache:
    """The facts that this process knows."""

    def __init__(self, database: Database) -> None:
        """Read what is not known from *database*."""
        self.database = database
        self.is_listening = False
        """Changes are heard of; without that every look is into the database."""
        self.version = 0
        """Another one whenever something was forgotten, because it had changed or might have."""
        self.hits = 0
        self.misses = 0
        self._kinds: dict[str, OrderedDict[str, dict[tuple[Any, ...], Any]]] = {}

    def look(self) -> "Look":
        """Return one look at several facts, to be used as a context."""
        return Look(self)

    def begin(self) -> None:
        """Keep facts from now on: changes are heard of."""
        self.forget_all()
        self.is_listening = True

    def bypass(self) -> None:
        """Forget all and keep nothing: a change might not be heard of."""
        self.is_listening = False
        self.forget_all()

    def forget_all(self) -> None:
        """Forget all, and go on keeping what is read from now on."""
        self.version += 1
        self._kinds.clear()

    def forget(self, kind: str, subject: str = "") -> None:
        """Forget what is known of *subject*, or of all subjects."""
        self.version += 1
        if subject:
            self._kinds.get(kind, OrderedDict()).pop(subject, None)
        else:
            self._kinds.pop(kind, None)

    def answers(self, kind: str, subject: str) -> dict[tuple[Any, ...], Any]:
        """Return what is known of *subject*, to be added to.

        Who reads a fact asks for this before they read. When a change is told of meanwhile, the
        cache lets go of what it has returned here: what is added then is seen by nobody.
        """
        if not self.is_listening:
            return {}
        subjects = self._kinds.setdefault(kind, OrderedDict())
        known = subjects.get(subject)
        if known is None:
            known = subjects[subject] = {}
            if len(subjects) > MAX_SUBJECTS:
                subjects.popitem(last=False)
        else:
            subjects.move_to_end(subject)
            if len(known) >= MAX_ANSWERS:
                known.clear()
        return known


class Look:
    """A look at facts; the first one that is not known opens a transaction for the rest of it."""

    def __init__(self, cache: Cache) -> None:
        """Look into *cache* first."""
        self._cache = cache
        self._opened: AsyncExitStack | None = None
        self._session: AsyncSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._opened is not None:
            await self._opened.__aexit__(kind, error, traceback)

    async def find(self, fact: Fact[Subject, *About, V], subject: Subject, *about: *About) -> V:
        """Return a fact, from the database where it is not known."""
        answers = self._cache.answers(fact.kind, str(subject))
        # With the fact itself: several may be of one kind, as one change touches them all.
        question = (fact, *about)
        if question in answers:
            self._cache.hits += 1
            answer: V = answers[question]
            return answer
        self._cache.misses += 1
        answer = answers[question] = await fact.read(await self.session(), subject, *about)
        return answer

    def forget(self, fact: Fact[Subject, *About, V], subject: Subject) -> None:
        """Keep nothing of what was found about *subject*."""
        self._cache.forget(fact.kind, str(subject))

    async def session(self) -> AsyncSession:
        """Return this look's transaction, which sees all tenants; it is committed with its end."""
        if self._session is None:
            self._opened = AsyncExitStack()
            scope = self._cache.database.platform_scope(reason="access")
            self._session = await self._opened.enter_async_context(scope)
        return self._session
