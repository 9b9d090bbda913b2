"""What a module publishes is told in its transaction to those that are open, and kept with it."""

import pytest
from chain import DealMade
from notes_module.events import NoteLost, NoteWritten
from notes_module.models import Note
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs
from tochka_core.neighbours.venue import MAX_DEPTH
from tochka_core.registry.module_door import ModuleDoor
from tochka_plugins import Conflict, UndeclaredEvent, UnfitEvent, known_events, publish

SOLD = "UPDATE tochka.modules SET availability = 'subscription' WHERE name = 'deals'"
HI = NoteWritten("hi")


async def write_hi(session):
    """Write a note, and tell of it."""
    session.add(Note(text="hi"))
    await publish(session, HI)


async def echo(event, tenant, session):
    """Write down what is told."""
    session.add(Note(text=f"{tenant.name} heard {event.text}"))


def raising(error):
    async def write_and_raise(_event, _tenant, session):
        session.add(Note(text="kept by nobody"))
        await session.flush()
        raise error

    return write_and_raise


async def test_modules_are_told_in_the_transaction_in_the_order_of_dependencies(
    act, told, when, notes_kept
):
    assert (await act(write_hi)).status_code == 201
    assert told == [("notes", HI), ("deals", HI)]
    seen = []

    async def look(_event, tenant, session):
        seen.append((tenant.name, list(await session.scalars(select(Note.text)))))

    when("deals told", look)
    when("notes told", echo)
    assert (await act(lambda session: publish(session, HI))).status_code == 201
    assert seen == [("acme", ["hi", "acme heard hi"])]
    assert await notes_kept() == {"hi", "acme heard hi"}


async def test_what_is_rolled_back_was_told_to_nobody(act, when, notes_kept):
    when("deals told", echo)

    async def write_and_refuse(session):
        await write_hi(session)
        raise Conflict("Changed my mind.")

    assert (await act(write_and_refuse)).status_code == 409
    assert await notes_kept() == set()


async def test_modules_that_are_not_open_are_not_told(act, told, switch, change, join):
    await change(SOLD)
    await join()  # by whose answer the worker has heard of it
    await act(write_hi)
    assert told == [("notes", HI)]
    await change(SOLD.replace("subscription", "open"))
    await switch("deals", enabled=False)
    await act(lambda session: publish(session, HI))
    assert told == [("notes", HI)] * 2


async def test_a_module_that_is_told_may_refuse(act, when, notes_kept):
    when("deals told", raising(Conflict("No notes today.")))
    refused = await act(write_hi)
    assert (refused.status_code, refused.json()["detail"]) == (409, "No notes today.")
    assert await notes_kept() == set()


@pytest.mark.parametrize("error", [RuntimeError("the secret"), SystemExit(3)], ids=repr)
async def test_a_module_that_fails_keeps_it_from_happening(act, when, notes_kept, error):
    when("deals told", raising(error))
    with capture_logs() as logs:
        failed = await act(write_hi)
    assert (failed.status_code, failed.json()["module"]) == (503, "deals")
    assert "secret" not in failed.text
    (line,) = [line for line in logs if line["event"] == "hook failed"]
    assert line["hook"] == "tochka_event_published"
    assert line["reason"].startswith(f"{type(error).__name__}: {error}")
    assert await notes_kept() == set()


async def test_what_was_to_fail_alone_is_taken_back_with_all_that_it_has_led_to(
    act, when, notes_kept
):
    when("notes told", echo)
    when("deals told", raising(Conflict("No notes today.")))

    async def try_to_write(session):
        session.add(Note(text="before"))
        with pytest.raises(Conflict):
            async with session.begin_nested():
                await write_hi(session)

    assert (await act(try_to_write)).status_code == 201
    assert await notes_kept() == {"before"}


@pytest.mark.parametrize(("ending", "kept"), [("commit", {"hi", "of deals"}), ("rollback", {"hi"})])
async def test_a_module_that_is_told_ends_nothing_but_its_own_part(
    act, when, notes_kept, ending, kept
):
    seen = []

    async def end(_event, _tenant, session):
        connection = await session.connection()
        with pytest.raises(RuntimeError, match="not for code that runs in the platform's"):
            await getattr(connection, ending)()
        session.add(Note(text="of deals"))
        await session.flush()
        await getattr(session, ending)()

    async def write_and_refuse(session):
        await write_hi(session)
        seen.extend(await session.scalars(select(Note.text)))
        raise Conflict("Changed my mind.")

    when("deals told", end)
    assert (await act(write_and_refuse)).status_code == 409
    assert set(seen) == kept
    assert await notes_kept() == set()


async def test_the_session_that_is_told_is_kept_whole_after_it_has_published(act, when):
    ended = []

    async def publish_and_end(event, _tenant, session):
        if isinstance(event, NoteWritten):
            await publish(session, DealMade(1))
            with pytest.raises(RuntimeError, match="not for code that runs in the platform's"):
                await (await session.connection()).rollback()
            ended.append(event)

    when("deals told", publish_and_end)
    assert (await act(write_hi)).status_code == 201
    assert ended == [HI]


@pytest.mark.parametrize(
    ("module", "event"),
    [("notes", NoteLost()), ("notes", DealMade(1)), ("deals", HI)],
    ids=["undeclared", "of a dependent", "of a dependency"],
)
async def test_a_module_publishes_what_it_declares_and_nothing_else(act, told, module, event):
    async def try_to_publish(session):
        with pytest.raises(UndeclaredEvent, match=f"^{module} does not declare "):
            await publish(session, event)

    assert (await act(try_to_publish, module=module)).status_code == 201
    assert told == []


@pytest.mark.parametrize("written", [5, "nul\0", "half \ud83d", None], ids=repr)
async def test_an_event_that_does_not_fit_is_told_to_nobody(act, told, written):
    async def try_to_publish(session):
        with pytest.raises(UnfitEvent, match=r"^notes\.written "):
            await publish(session, NoteWritten(written))

    assert (await act(try_to_publish)).status_code == 201
    assert told == []


async def test_events_may_follow_from_each_other_as_long_as_it_ends(act, when, notes_kept):
    def counting(end):
        async def go_on(event, _tenant, session):
            number = event.number + 1 if isinstance(event, DealMade) else 1
            session.add(Note(text=f"{number} of {end}"))
            if number < end:
                await publish(session, DealMade(number))

        return go_on

    assert MAX_DEPTH == 8
    when("deals told", counting(MAX_DEPTH))
    assert (await act(write_hi)).status_code == 201
    assert await notes_kept() == {"hi", *(f"{number} of 8" for number in range(1, 9))}
    when("deals told", counting(MAX_DEPTH + 1))
    with capture_logs() as logs:
        failed = await act(lambda session: publish(session, HI))
    assert (failed.status_code, failed.json()["module"]) == (503, "deals")
    assert logs[0]["reason"].startswith("RecursionError: 8 events follow from each other")
    assert len(await notes_kept()) == 1 + MAX_DEPTH


async def test_hooks_publish_to_what_is_open_by_then(switch, told, when, change):
    await switch("deals", enabled=False)

    async def make_deal(_tenant, session):
        await publish(session, DealMade(1))

    when("deals enabled", make_deal)
    when("deals disabled", make_deal)
    assert (await switch("deals", enabled=True)).status_code == 200
    assert (await switch("deals", enabled=False)).status_code == 200
    assert told == [("notes", DealMade(1)), ("deals", DealMade(1))] * 2


async def test_a_module_publishes_outside_of_a_request(owner, doors, told, change):
    acme = (await change("SELECT id FROM tochka.tenants")).scalar()
    door = ModuleDoor(doors, "notes")
    async with door.tenant_scope(acme) as session:
        await write_hi(session)
    assert told == [("notes", HI)]


async def test_modules_meet_in_no_other_transaction(doors, database):
    async with ModuleDoor(doors, "notes").platform_scope(reason="test") as session:
        with pytest.raises(RuntimeError, match="a transaction of one tenant"):
            await publish(session, HI)
    async with AsyncSession(database.engine) as session:
        with pytest.raises(RuntimeError, match="a transaction of one tenant"):
            known_events(session)


async def test_a_module_knows_the_events_that_may_happen(act, switch):
    known = []

    async def ask(session):
        known.append({event.name: event for event in known_events(session)})

    await act(ask)
    await switch("deals", enabled=False)
    await act(ask)
    both, notes_alone = known
    assert both.keys() - notes_alone.keys() == {"deals.made"}
    assert "tenants.member_added" in notes_alone
    assert list(both) == sorted(both)
    written = both["notes.written"]
    assert (written.title, written.description) == ("A note is written.", "Its text is told, too.")
    assert written.schema["$defs"]["NoteWritten"]["properties"]["text"] == {"type": "string"}


async def test_people_know_the_events_that_may_happen(client, owner, switch, register):
    path = "/api/v1/tenants/acme/events"
    both = {item["name"]: item for item in (await client.get(path, headers=owner.headers)).json()}
    assert both["deals.made"]["title"] == "A deal is made."
    assert both["deals.made"]["schema"]["$defs"]["DealMade"]["required"] == ["type", "number"]
    await switch("deals", enabled=False)
    known = (await client.get(path, headers=owner.headers)).json()
    assert both.keys() - {item["name"] for item in known} == {"deals.made"}
    stranger = await register()
    assert (await client.get(path, headers=stranger.headers)).status_code == 404
