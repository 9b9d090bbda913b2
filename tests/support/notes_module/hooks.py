"""What the platform is told about the test module."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta
from sqlalchemy import delete, select, text
from tochka_plugins import (
    ANONYMOUS,
    ANY_MEMBER,
    Conflict,
    CurrentLimits,
    CurrentPrincipal,
    CurrentSettings,
    CurrentTenant,
    Limit,
    Permission,
    Secret,
    Session,
    hookimpl,
    requires,
)

from notes_module.api import NoteBook
from notes_module.events import NoteWritten
from notes_module.models import Colour, Note
from notes_module.services import Notes
from notes_module.tenant_acts import ACTS


class NoteIn(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1)]


class NoteSettings(msgspec.Struct, rename="camel"):
    """What a tenant may set."""

    page_size: Annotated[int, Meta(ge=1, le=200)] = 50
    greeting: str | None = None
    words: list[str] = []
    shortest: int = 0
    longest: int = 100
    token: Annotated[Secret, Meta(max_length=50)] = ""
    password: Secret | None = None

    def __post_init__(self):
        if self.shortest > self.longest:
            raise ValueError(f"shortest is more than longest, and the token is {self.token}")


class CountIn(msgspec.Struct, forbid_unknown_fields=True):
    limit: Literal["notes.max", "notes.open", "notes.daily", "notes.monthly"]


class Unspeakable:
    """Nothing can encode it."""


@get("/", opt=ANY_MEMBER)
async def list_notes(session: Session) -> list[str]:
    return list(await session.scalars(select(Note.text).order_by(Note.text)))


@post("/", opt=ANY_MEMBER)
async def add_note(data: JSONBody[NoteIn], session: Session) -> str:
    session.add(Note(text=data.text))
    return data.text


@post("/then-conflict", opt=ANY_MEMBER)
async def add_and_conflict(data: JSONBody[NoteIn], session: Session) -> None:
    session.add(Note(text=data.text))
    await session.flush()
    raise Conflict("Changed my mind.")


@post("/then-crash", opt=ANY_MEMBER)
async def add_and_crash(data: JSONBody[NoteIn], session: Session) -> None:
    session.add(Note(text=data.text))
    await session.flush()
    raise RuntimeError(f"the secret is {data.text}")


@post("/then-unspeakable", opt=ANY_MEMBER)
async def add_and_answer_nonsense(data: JSONBody[NoteIn], session: Session) -> object:
    session.add(Note(text=data.text))
    await session.flush()
    return Unspeakable()


@get("/mine-whatever-i-ask", opt=ANY_MEMBER)
async def break_out(session: Session, statement: FromQuery[str]) -> list[str]:
    """Run any statement, as a careless author might."""
    result = await session.execute(text(statement))
    return [str(row) for row in result] if result.returns_rows else []


@get("/colours", opt=ANY_MEMBER)
async def list_colours(session: Session) -> list[str]:
    return list(await session.scalars(select(Colour.name)))


@get("/cached", cache=True, opt=ANY_MEMBER)
async def list_and_remember(session: Session) -> list[str]:
    return list(await session.scalars(select(Note.text)))


@get("/nothing", opt=ANY_MEMBER)
async def read_nothing() -> None:
    """Ask the database for nothing."""


@get("/open", opt=ANONYMOUS)
async def open_to_all(tenant: CurrentTenant) -> str:
    return tenant.name


@get("/guarded", guards=[requires("notes:write")])
async def read_behind_a_guard(principal: CurrentPrincipal) -> list[str]:
    return sorted(principal.permissions)


@post("/purge", guards=[requires("notes:purge")])
async def purge_notes(data: JSONBody[NoteIn], session: Session) -> None:
    await session.execute(delete(Note).where(Note.text == data.text))


@post("/act", opt=ANY_MEMBER)
async def act(session: Session) -> None:
    """Do what a test wants done in a request."""
    if wanted := ACTS.get("act"):
        await wanted(session)


@get("/settings", guards=[requires("notes:read")])
async def show_settings(settings: CurrentSettings[NoteSettings]) -> dict[str, object]:
    """Tell what the module gets; of the token what only who has read it can tell."""
    settings.words.append("mine")
    told = msgspec.structs.asdict(settings)
    return {**told, "token": settings.token[::-1], "said": repr(settings.token)}


@post("/counted", opt=ANY_MEMBER)
async def count_note(data: JSONBody[CountIn], limits: CurrentLimits) -> int:
    return (await limits.consume(data.limit)).used


@post("/counted-then-conflict", opt=ANY_MEMBER)
async def count_and_conflict(data: JSONBody[CountIn], limits: CurrentLimits) -> None:
    await limits.consume(data.limit)
    raise Conflict("Changed my mind.")


@hookimpl
def tochka_routes():
    return [
        act,
        count_note,
        count_and_conflict,
        list_notes,
        add_note,
        add_and_conflict,
        add_and_crash,
        add_and_answer_nonsense,
        break_out,
        list_colours,
        list_and_remember,
        read_nothing,
        open_to_all,
        read_behind_a_guard,
        purge_notes,
        show_settings,
    ]


@hookimpl
def tochka_models():
    return [Note, Colour]


@hookimpl
def tochka_migrations():
    return Path(__file__).parent / "migrations"


@hookimpl
async def tochka_tenant_created(tenant, session):
    if act := ACTS.get("created"):
        await act(tenant, session)


@hookimpl
async def tochka_tenant_deleting(tenant, session, purge_after):
    if act := ACTS.get("deleting"):
        await act(tenant, session, purge_after)


@hookimpl
async def tochka_module_enabled(tenant, session):
    if act := ACTS.get("enabled"):
        await act(tenant, session)


@hookimpl
async def tochka_module_disabled(tenant, session):
    if act := ACTS.get("disabled"):
        await act(tenant, session)


async def check_ink(platform):
    if act := ACTS.get("ink"):
        await act(platform)


@hookimpl
def tochka_health():
    return {"ink": check_ink}


@hookimpl
async def tochka_subscription_changed(tenant, subscription, session):
    if act := ACTS.get("subscription"):
        await act(tenant, subscription, session)


@hookimpl
def tochka_events():
    return [NoteWritten]


@hookimpl
def tochka_services():
    return {NoteBook: Notes}


@hookimpl
async def tochka_event_published(event, tenant, session):
    if act := ACTS.get("told"):
        await act(event, tenant, session)


@hookimpl
async def tochka_send_message(message):
    act = ACTS.get("message")
    return await act(message) if act else False


@hookimpl
def tochka_permissions():
    return [
        Permission("notes:read", "Read notes", frozenset({"owner", "admin", "member"})),
        Permission("notes:write", "Write notes"),
        Permission("notes:purge", "Purge notes", frozenset()),
    ]


@hookimpl
def tochka_settings():
    return NoteSettings


@hookimpl
def tochka_limits():
    return [
        Limit("notes.max", "Notes kept", "notes", 3),
        Limit("notes.open", "Notes without end", "notes", None),
        Limit("notes.daily", "Notes in a day", "notes", 2, period="day"),
        Limit("notes.monthly", "Notes in a month", "notes", 2, period="month"),
    ]
