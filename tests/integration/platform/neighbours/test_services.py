"""What one module offers, another one uses in its own transaction, where it is open."""

import pytest
from chain import DealBook, DealMade
from msgspec.structs import replace
from notes_module.api import NoteBook
from notes_module.events import NoteWritten
from notes_module.models import Note
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.registry.module_door import ModuleDoor
from tochka_plugins import (
    Conflict,
    Unavailable,
    UndeclaredEvent,
    UnknownService,
    find_service,
    publish,
    require_service,
)

DEALS, LETTERS = "/api/v1/deals", "/api/v1/letters"
NOTES_ARE_GONE = "DELETE FROM tochka.tenant_modules WHERE module = 'notes'"
"""As after an upgrade by which deals has come to need notes."""


@pytest.fixture
async def letters(client, owner, switch):
    """Ask letters for notes; return the answer."""
    await switch("letters", enabled=True)

    async def ask(path="/notes"):
        return await client.get(f"{LETTERS}{path}", headers=owner.at("acme"))

    return ask


async def test_a_handler_is_given_what_another_module_offers(client, owner, told, notes_kept):
    shelved = await client.post(f"{DEALS}/shelve", headers=owner.at("acme"))
    assert (shelved.status_code, shelved.json()) == (201, ["of deals"])
    assert await notes_kept() == {"of deals"}
    # As who offers it: deals does not declare this event.
    assert told == [("notes", NoteWritten("of deals")), ("deals", NoteWritten("of deals"))]


async def test_it_works_in_the_transaction_of_who_asks(act, notes_kept):
    async def write_and_refuse(session):
        session.add(Note(text="by deals"))
        book = require_service(session, NoteBook)
        await book.write("by notes")
        assert await book.read() == ["by deals", "by notes"]
        assert session.info["tochka_tenant_id"] == book.session.info["tochka_tenant_id"]
        assert book.session.sync_session is session.sync_session
        raise Conflict("Changed my mind.")

    assert (await act(write_and_refuse, module="deals")).status_code == 409
    assert await notes_kept() == set()


async def test_who_asks_stays_who_they_are(act, told):
    async def write_and_publish(session):
        await require_service(session, NoteBook).write("of deals")
        with pytest.raises(UndeclaredEvent):
            await publish(session, NoteWritten("no"))
        await publish(session, DealMade(1))

    assert (await act(write_and_publish, module="deals")).status_code == 201
    assert [event for _, event in told] == [NoteWritten("of deals")] * 2 + [DealMade(1)] * 2


async def test_a_module_that_is_not_open_offers_nothing(letters, switch, change, register):
    assert (await letters()).json() == []
    assert (await letters("/notes/now")).json() == []
    await switch("deals", enabled=False)
    await switch("notes", enabled=False)
    assert (await letters()).json() is None
    refused = await letters("/notes/now")
    assert (refused.status_code, refused.json()["module"]) == (403, "notes")
    await switch("notes", enabled=True)
    await change("UPDATE tochka.modules SET availability = 'subscription' WHERE name = 'notes'")
    await register()  # by whose answer the worker has heard of it
    assert (await letters()).json() is None
    assert (await letters("/notes/now")).status_code == 403


async def test_nor_does_one_that_is_needed_and_was_never_enabled(client, owner, change, register):
    await change(NOTES_ARE_GONE)
    await register()  # as above
    refused = await client.post(f"{DEALS}/shelve", headers=owner.at("acme"))
    assert (refused.status_code, refused.json()["module"]) == (403, "notes")


async def test_a_module_asks_those_that_it_depends_on(act):
    async def ask(session):
        for find in (find_service, require_service):
            with pytest.raises(UnknownService, match="notes does not depend on deals, which offe"):
                find(session, DealBook)
        assert find_service(session, Conflict) is None
        with pytest.raises(UnknownService, match="No module that notes depends on offers"):
            require_service(session, Conflict)

    assert (await act(ask)).status_code == 201


async def test_a_hook_asks_by_what_is_open_then(switch, when, letters):
    await switch("letters", enabled=False)
    found = []

    async def look(_tenant, session):
        found.append(await find_service(session, NoteBook).read())

    when("letters enabled", look)
    assert (await switch("letters", enabled=True)).status_code == 200
    assert found == [[]]


async def test_a_module_asks_outside_of_a_request(owner, doors, chain, change):
    neighbourhood = Neighbourhood(lambda: chain, hook_seconds=5)
    acme = (await change("SELECT id FROM tochka.tenants")).scalar()
    door = ModuleDoor(replace(doors, neighbourhood=neighbourhood), "deals")
    async with door.tenant_scope(acme) as session:
        await require_service(session, NoteBook).write("by the door")
    async with door.tenant_scope(acme) as session:
        assert await find_service(session, NoteBook).read() == ["by the door"]


async def test_one_that_does_not_serve_here_is_told_as_away(owner, doors, chain, change):
    neighbourhood = Neighbourhood(lambda: chain, stopped={"notes"}, hook_seconds=5)
    acme = (await change("SELECT id FROM tochka.tenants")).scalar()
    door = ModuleDoor(replace(doors, neighbourhood=neighbourhood), "deals")
    async with door.tenant_scope(acme) as session:
        for find in (find_service, require_service):
            with pytest.raises(Unavailable, match="The module notes does not serve here"):
                find(session, NoteBook)
