"""Modules that depend on the test module, and do what a test wants.

Deals needs it, reports needs deals, and letters makes use of it where it is there.
"""

from types import MappingProxyType

from litestar import get, post
from notes_module.api import NoteBook
from notes_module.tenant_acts import ACTS
from tochka_core import __version__
from tochka_plugins import ANY_MEMBER, Event, FromModule, Session, hookimpl
from tochka_plugins.host import Candidate, assemble, gate


class DealMade(Event, frozen=True, tag="deals.made"):
    """A deal is made."""

    number: int


@post("/act", opt=ANY_MEMBER)
async def act_in_deals(session: Session) -> None:
    """Do what a test wants done in a request."""
    await ACTS["deals act"](session)


@post("/shelve", opt=ANY_MEMBER)
async def shelve(book: FromModule[NoteBook]) -> list[str]:
    """Write a note, and read all."""
    await book.write("of deals")
    return list(await book.read())


@get("/notes", opt=ANY_MEMBER)
async def read_if_there(notes: FromModule[NoteBook | None]) -> list[str] | None:
    """Read all notes where there are some to read."""
    return None if notes is None else list(await notes.read())


@get("/notes/now", opt=ANY_MEMBER)
async def read_now(notes: FromModule[NoteBook]) -> list[str]:
    """Read all notes."""
    return list(await notes.read())


class DealBook:
    """What deals offers."""

    def __init__(self, session):
        self.session = session


class Link:
    """What the entry point of a module names."""

    def __init__(self, name, *, events=(), routes=(), services=MappingProxyType({})):
        self._name, self._events, self._routes = name, events, routes
        self._services = services

    @hookimpl
    def tochka_services(self):
        return self._services

    @hookimpl
    def tochka_events(self):
        return self._events

    @hookimpl
    def tochka_routes(self):
        return self._routes

    @hookimpl
    async def tochka_event_published(self, event, tenant, session):
        if act := ACTS.get(f"{self._name} told"):
            await act(event, tenant, session)

    @hookimpl
    async def tochka_module_enabled(self, tenant, session):
        if act := ACTS.get(f"{self._name} enabled"):
            await act(tenant, session)

    @hookimpl
    async def tochka_module_disabled(self, tenant, session):
        if act := ACTS.get(f"{self._name} disabled"):
            await act(tenant, session)


deals = Link(
    "deals",
    events=[DealMade],
    routes=[act_in_deals, shelve],
    services={DealBook: DealBook},
)
reports = Link("reports")
letters = Link("letters", routes=[read_if_there, read_now])


def stage_chain():
    """Return the test module, and those that depend on it, in the order of dependencies."""
    assembly = assemble(
        gate(
            [
                _candidate("notes", "notes_module.hooks"),
                _candidate("deals", "chain:deals", "notes"),
                _candidate("reports", "chain:reports", "deals"),
                _candidate("letters", "chain:letters", 'notes; extra == "notes"'),
            ],
            core_version=__version__,
        )
    )
    assert assembly.quarantined == ()
    return assembly.modules


def _candidate(name, entry_point, *requires):
    return Candidate(
        name=name,
        entry_point=entry_point,
        distribution=name,
        version="1.0",
        summary=name.title(),
        requires=requires,
        requires_python=None,
    )
