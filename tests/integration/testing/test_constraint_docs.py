"""What the docs write about constraints holds: the module that they show answers as they say."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "constraints.md"
SNIPPET = re.compile(r"^`(?P<path>\S+)`\n\n```python\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

SERVICES = """
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from tochka_plugins import CrudService

from tochka_rooms.models import Booking


class BookingIn(Struct):
    room: str
    starts_at: datetime
    ends_at: datetime


class BookingOut(BookingIn, kw_only=True):
    id: UUID


class BookingService(CrudService[Booking, BookingOut]):
    model_type = Booking
    schema_type = BookingOut
    noun = "booking"
"""

HOOKS = """
from pathlib import Path

from litestar import post
from litestar.params import JSONBody
from tochka_plugins import Permission, Session, hookimpl, requires

from tochka_rooms.controllers import list_bookings
from tochka_rooms.models import Booking
from tochka_rooms.services import BookingIn, BookingOut, BookingService


@post("/", guards=[requires("rooms:use")])
async def book(data: JSONBody[BookingIn], session: Session) -> BookingOut:
    return await BookingService(session).create(data)


@hookimpl
def tochka_permissions():
    return [Permission("rooms:use", "Book rooms", frozenset({"owner"}))]


@hookimpl
def tochka_routes():
    return [book, list_bookings]


@hookimpl
def tochka_models():
    return [Booking]


@hookimpl
def tochka_migrations():
    return Path(__file__).parent / "migrations"
"""

REVISION = """
from alembic import op

from tochka_rooms.models import Booking

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    Booking.__table__.create(op.get_bind())
"""

TESTS = """
import pytest

PATH = "/api/v1/rooms"


@pytest.fixture
def acme(tochka):
    return tochka.tenant_client("acme")


def book(who, begin, end, room="red"):
    day = "2026-03-01T{:02}:00:00Z"
    times = {"starts_at": day.format(begin), "ends_at": day.format(end)}
    return who.post(PATH, json={"room": room, **times})


def told(answer):
    said = answer.json()
    return answer.status_code, said["detail"], said["errors"]


def test_a_room_is_let_once_at_a_time(tochka, acme):
    assert book(acme, 9, 11).status_code == 201
    words = "The room is taken at that time."
    assert told(book(acme, 10, 12)) == (
        409, words, [{"pointer": "/starts_at", "detail": words}]
    )
    assert book(acme, 11, 12).status_code == 201
    assert book(acme, 10, 12, room="blue").status_code == 201
    assert book(tochka.tenant_client("globex"), 10, 12).status_code == 201


def test_a_booking_does_not_end_before_it_begins(acme):
    words = "It ends before it begins."
    expected = (400, words, [{"pointer": "/ends_at", "detail": words}])
    assert told(book(acme, 9, 8)) == told(book(acme, 9, 9)) == expected


def test_a_parameter_is_called_from(acme):
    for begin in (9, 11):
        assert book(acme, begin, begin + 1).status_code == 201
    listed = acme.get(PATH, params={"from": "2026-03-01T10:30:00Z"}).json()
    assert [item["starts_at"] for item in listed["items"]] == ["2026-03-01T11:00:00Z"]
    refused = acme.get(PATH, params={"from": "soon"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/from")
"""


def test_the_module_that_the_docs_show_answers_as_they_say(author):
    shown = {snippet["path"]: snippet["text"] for snippet in SNIPPET.finditer(PAGE.read_text())}
    assert [*shown] == ["tochka_rooms/models.py", "tochka_rooms/controllers.py"]
    rest = {
        "__init__.py": "",
        "hooks.py": HOOKS,
        "services.py": SERVICES,
        "migrations/0001_rooms.py": REVISION,
    }
    author.install("rooms", shown | {f"tochka_rooms/{path}": text for path, text in rest.items()})
    author.write("test_rooms.py", TESTS)
    author.run_tests("-o", "tochka_modules=rooms").assert_outcomes(passed=3)
