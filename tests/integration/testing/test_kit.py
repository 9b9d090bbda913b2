"""What the fixture `tochka` gives the author of a module."""

BEHAVIOURS = """
import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from tochka_contacts.models import Contact
from tochka_plugins.testing import Tochka

PATH = "/api/v1/contacts"


@pytest.fixture
def acme(tochka):
    return tochka.tenant_client("acme")


@pytest.mark.parametrize("time", ["first", "second"])
def test_nothing_is_left_of_another_test(tochka, acme, time):
    assert acme.get(PATH).json()["total"] == 0
    master = tochka.master_client()
    assert master.get("/api/v1/tenants").json()["total"] == 1
    assert master.get("/api/v1/users").json()["total"] == 2
    (limit,) = acme.get("/api/v1/tenants/acme/limits").json()
    assert limit["used"] == 0
    assert tochka.messages() == []
    assert datetime.now(UTC).year < 2100
    for number in range(3):
        assert acme.post(PATH, json={"name": str(number)}).status_code == 201
    tochka.member_client("acme")
    tochka.client().post("/api/v1/auth/password/forgot", json={"phone": acme.phone})
    tochka.clock.set(datetime(2100, 1, 1, tzinfo=UTC))


def test_what_is_kept_of_a_tenant_is_not_kept_for_the_next_of_its_name(tochka, acme):
    assert acme.get("/api/v1/tenants/acme").json()["id"] == str(acme.tenant.id)


def test_the_time_goes_on_without_the_fixture():
    assert datetime.now(UTC).year < 2100


def test_roles_hold_what_they_are_said_to(tochka, acme):
    reading, writing = (lambda who: who.get(PATH).status_code), (
        lambda who: who.post(PATH, json={"name": "x"}).status_code
    )
    can = {
        "owner": acme,
        "admin": tochka.member_client("acme", role="admin"),
        "member": tochka.member_client("acme"),
        "reader": tochka.member_client("acme", permissions=["contacts:read"]),
        "nobody": tochka.member_client("acme", permissions=[]),
        "key": tochka.api_key_client("acme", permissions=["contacts:read", "contacts:write"]),
        "stranger": tochka.client(),
    }
    can["stranger"].headers["X-Tenant"] = "acme"
    assert {name: (reading(who), writing(who)) for name, who in can.items()} == {
        "owner": (200, 201),
        "admin": (200, 201),
        "member": (200, 403),
        "reader": (200, 403),
        "nobody": (403, 403),
        "key": (200, 201),
        "stranger": (401, 401),
    }
    assert tochka.person_client().get(PATH, headers={"X-Tenant": "acme"}).status_code == 404


def test_a_caller_knows_who_it_is(tochka, acme):
    me = acme.get("/api/v1/users/me").json()
    assert (me["id"], me["phone"]) == (str(acme.user_id), acme.phone)
    assert tochka.login(acme.phone, acme.password)
    service = tochka.api_key_client("acme", permissions=["contacts:read"])
    assert service.tenant == acme.tenant
    assert not hasattr(service, "phone")


def test_messages_are_there_when_they_are_asked_for(tochka, acme):
    other = tochka.person_client()
    for person in (acme, other):
        tochka.client().post("/api/v1/auth/password/forgot", json={"phone": person.phone})
    assert [message.phone for message in tochka.messages()] == [acme.phone, other.phone]
    (message,) = tochka.messages(other.phone)
    assert message.code in message.text


async def test_the_clock_is_moved_in_python_and_in_the_database(tochka, acme):
    moment = datetime(2040, 5, 6, 7, 8, tzinfo=UTC)
    tochka.clock.set(moment)
    tochka.clock.move(timedelta(minutes=2))
    later = datetime(2040, 5, 6, 7, 10, tzinfo=UTC)
    assert datetime.now(UTC) == tochka.clock.now() == later
    async with tochka.platform_scope() as session:
        assert await session.scalar(text("SELECT tochka.clock()")) == later
    assert acme.get(PATH).status_code == 200
    tochka.clock.set(datetime(2020, 1, 1, tzinfo=UTC))
    assert acme.get(PATH).status_code == 200


async def test_requests_run_at_once(acme):
    client = acme.asynchronous()
    bodies = [{"name": str(number)} for number in range(20)]
    answers = await asyncio.gather(*(client.post(PATH, json=body) for body in bodies))
    assert {answer.status_code for answer in answers} == {201}
    assert (await client.get(PATH)).json()["total"] == 20


async def test_the_door_leads_where_the_module_is_open(tochka, acme):
    door = tochka.door()
    async with door.tenant_scope(acme.tenant.id) as session:
        session.add(Contact(name="Anna", kind="person", tags=[]))
    assert acme.get(PATH).json()["items"][0]["name"] == "Anna"
    assert [tenant.name for tenant in await door.tenants()] == ["acme"]
    initech = tochka.tenant_client("initech", modules=[])
    with pytest.raises(Exception, match="not open"):
        async with door.tenant_scope(initech.tenant.id):
            pass
    async with tochka.tenant_scope(initech.tenant.id) as session:
        assert (await session.scalars(select(Contact))).all() == []


async def test_a_change_past_the_application_is_known_afterwards(tochka, acme):
    assert acme.get(PATH).status_code == 200
    async with tochka.platform_scope() as session:
        await session.execute(text("DELETE FROM tochka.tenant_modules"))
    assert acme.get(PATH).status_code == 404


def test_an_ordinary_test_may_look_into_the_database(tochka, acme):
    async def names():
        async with tochka.tenant_scope(acme.tenant.id) as session:
            return (await session.scalars(select(Contact.name))).all()

    acme.post(PATH, json={"name": "Anna"})
    assert asyncio.run(names()) == ["Anna"]
"""

EVENTFUL = """
from litestar import post
from litestar.params import FromPath
from tochka_plugins import Conflict, Event, Permission, Session, hookimpl, publish, requires


class Rang(Event, frozen=True, tag="bells.rang"):
    times: int


@post("/{times:int}", guards=[requires("bells:ring")])
async def ring(times: FromPath[int], session: Session) -> None:
    await publish(session, Rang(times))
    try:
        async with session.begin_nested():
            await publish(session, Rang(1000))
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    if times > 2:
        raise Conflict("Too loud.")
    await publish(session, Rang(times + 1))


@hookimpl
def tochka_routes():
    return [ring]


@hookimpl
def tochka_events():
    return [Rang]


@hookimpl
def tochka_permissions():
    return [Permission("bells:ring", "Ring")]
"""
HEARING = """
import pytest
from tochka_bells.hooks import Rang
from tochka_plugins import publish


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_is_kept_was_heard(tochka, time):
    acme, globex = tochka.tenant_client("acme"), tochka.tenant_client("globex")
    assert tochka.events() == []
    assert acme.post("/api/v1/bells/1").status_code == 201
    assert globex.post("/api/v1/bells/2").status_code == 201
    assert acme.post("/api/v1/bells/3").status_code == 409
    assert tochka.events() == [Rang(1), Rang(2), Rang(2), Rang(3)]
    assert tochka.events("globex") == [Rang(2), Rang(3)]


async def test_what_a_door_tells_was_heard(tochka):
    acme = tochka.tenant_client("acme")
    async with tochka.door().tenant_scope(acme.tenant.id) as session:
        await publish(session, Rang(5))
        assert tochka.events() == []
    assert tochka.events() == [Rang(5)]
"""
UNASKED = """
import sys


def test_what_is_imported():
    ours = {name for name in sys.modules if name.startswith("tochka_")}
    assert ours == {
        "tochka_core", "tochka_core.errors", "tochka_core.testing", "tochka_core.testing.plugin"
    }
    assert not {"litestar", "msgspec", "sqlalchemy", "structlog"} & {*sys.modules}
"""


def test_every_test_has_a_platform_of_its_own(author, given_server):
    author.use(given_server)
    author.write("test_it.py", BEHAVIOURS)
    result = author.run_tests("-o", "tochka_modules=contacts")
    result.assert_outcomes(passed=12)


def test_events_are_heard_if_they_are_kept(author, given_server):
    author.use(given_server)
    author.install("bells", {"tochka_bells/__init__.py": "", "tochka_bells/hooks.py": EVENTFUL})
    author.write("test_it.py", HEARING)
    result = author.run_tests("-o", "tochka_modules=bells")
    result.assert_outcomes(passed=3)


def test_a_session_that_asks_for_nothing_imports_nothing(author):
    author.write("test_it.py", UNASKED)
    author.run_tests().assert_outcomes(passed=1)
