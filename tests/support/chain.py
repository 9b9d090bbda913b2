"""Two modules that need the test module, the one by way of the other; they do what a test wants."""

from litestar import post
from notes_module.tenant_acts import ACTS
from tochka_core import __version__
from tochka_plugins import ANY_MEMBER, Event, Session, hookimpl
from tochka_plugins.host import Candidate, assemble, gate


class DealMade(Event, frozen=True, tag="deals.made"):
    """A deal is made."""

    number: int


@post("/act", opt=ANY_MEMBER)
async def act_in_deals(session: Session) -> None:
    """Do what a test wants done in a request."""
    await ACTS["deals act"](session)


class Link:
    """What the entry point of a module names."""

    def __init__(self, name, *, events=(), routes=()):
        self._name, self._events, self._routes = name, events, routes

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


deals = Link("deals", events=[DealMade], routes=[act_in_deals])
reports = Link("reports")


def stage_chain():
    """Return the test module, and those that need it, in the order of dependencies."""
    assembly = assemble(
        gate(
            [
                _candidate("notes", "notes_module.hooks"),
                _candidate("deals", "chain:deals", "notes"),
                _candidate("reports", "chain:reports", "deals"),
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
