"""Rows of one table, kept for the clients of a tenant."""

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec import UNSET
from notes_module.models import Note
from sqlalchemy import cast, event, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped
from tochka_plugins import (
    CrudService,
    InvalidInput,
    NotFound,
    Page,
    PageQuery,
    TenantModel,
    module_registry,
)


class NoteIn(msgspec.Struct):
    text: str


class NotePatch(msgspec.Struct):
    text: str | msgspec.UnsetType = UNSET


class NoteOut(msgspec.Struct, kw_only=True):
    id: UUID
    text: str
    letters: int
    updated_at: datetime


class Notes(CrudService[Note, NoteOut]):
    model_type = Note
    schema_type = NoteOut
    noun = "note"
    orderable = ("text", "created_at")
    searchable = ("text",)
    expressions = (func.length(Note.text).label("letters"),)


class Base(DeclarativeBase):
    registry = module_registry("notes")


class Saying(TenantModel, Base):
    """A note of any sort: its text is what tells them apart."""

    __tablename__ = "notes"
    __mapper_args__ = {  # noqa: RUF012 - the name and type are SQLAlchemy's
        **TenantModel.__mapper_args__,
        "polymorphic_on": "text",
        "polymorphic_identity": "",
    }
    text: Mapped[str]


class Greeting(Saying):
    __mapper_args__ = {"polymorphic_identity": "hello"}  # noqa: RUF012 - as above


class Greetings(CrudService[Greeting, NoteIn]):
    model_type = Greeting
    schema_type = NoteIn
    noun = "greeting"


@pytest.fixture
async def acme(database):
    """A tenant's scope, opened as often as it is called; nobody else's rows are in it."""
    ids = [uuid4(), uuid4()]
    async with database.platform_scope(reason="test") as session:
        for tenant_id in ids:
            adding = "INSERT INTO tochka.tenants (id, name, title) VALUES (:id, :name, 'T')"
            await session.execute(text(adding), {"id": tenant_id, "name": f"t{tenant_id.hex}"})
    async with database.tenant_scope(ids[1]) as session:
        await Notes(session).create(NoteIn("another tenant's"))
    return lambda: database.tenant_scope(ids[0])


async def test_a_row_is_kept_and_shown(acme):
    async with acme() as session:
        made = await Notes(session).create(NoteIn("first"))
    async with acme() as session:
        assert await Notes(session).get(made.id) == made
        assert (made.text, made.letters) == ("first", 5)


async def test_each_call_is_one_statement(acme):
    async with acme() as session:
        seen = []
        engine = session.bind.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *told: seen.append(told[2]))
        notes = Notes(session)
        made = await notes.create(NoteIn("first"))
        await notes.change(made.id, NotePatch("second"))
        await notes.get(made.id)
        await notes.list_page(PageQuery())
        await notes.delete(made.id)
    assert len(seen) == 5


async def test_a_change_touches_what_is_named(acme):
    async with acme() as session:
        made = await Notes(session).create(NoteIn("first"))
    async with acme() as session:
        notes = Notes(session)
        assert await notes.change(made.id, NotePatch()) == made
        changed = await notes.change(made.id, NotePatch("longer"))
    assert (changed.id, changed.text, changed.letters) == (made.id, "longer", 6)
    assert changed.updated_at > made.updated_at


async def test_what_is_not_there_is_told_by_its_name(acme):
    async with acme() as session:
        notes, nobody = Notes(session), uuid4()
        for asked in (
            notes.get(nobody),
            notes.change(nobody, NotePatch("x")),
            notes.change(nobody, NotePatch()),
            notes.delete(nobody),
        ):
            with pytest.raises(NotFound, match="There is no such note"):
                await asked


async def test_of_two_who_delete_a_row_one_has(acme):
    async with acme() as session:
        made = await Notes(session).create(NoteIn("first"))

    async def delete():
        async with acme() as session:
            await Notes(session).delete(made.id)

    ends = await asyncio.gather(*(delete() for _ in range(5)), return_exceptions=True)
    assert sorted(str(end) for end in ends) == ["None"] + ["There is no such note."] * 4


async def test_a_page_has_its_place_in_the_whole(acme):
    async with acme() as session:
        notes = Notes(session)
        for word in ("delta", "alpha", "charlie", "bravo", "alphabet"):
            await notes.create(NoteIn(word))
        seen = []
        for offset in (0, 2, 4, 6):
            page = await notes.list_page(PageQuery(limit=2, offset=offset, order_by="-text"))
            assert page.total == 5
            seen += [item.text for item in page.items]
        assert seen == ["delta", "charlie", "bravo", "alphabet", "alpha"]
        found = await notes.list_page(PageQuery(search="ALPHA", limit=1))
        assert (len(found.items), found.total) == (1, 2)
        short = await notes.list_page(PageQuery(), func.length(Note.text) == 5, text=None)
        assert {item.text for item in short.items} == {"delta", "alpha", "bravo"}
        (one,) = (await notes.list_page(PageQuery(), text="bravo")).items
        assert one.text == "bravo"
        with pytest.raises(InvalidInput, match="Cannot order by 'id'"):
            await notes.list_page(PageQuery(order_by="id"))


async def test_a_total_can_be_asked_for_alone(acme):
    async with acme() as session:
        notes = Notes(session)
        await notes.create(NoteIn("first"))
        assert await notes.list_page(PageQuery(limit=0)) == Page([], 1, limit=0, offset=0)


async def test_of_a_table_that_several_models_share_a_service_knows_the_rows_of_its_own(acme):
    async with acme() as session:
        notes, greetings = Notes(session), Greetings(session)
        other = await notes.create(NoteIn("curse"))
        own = await notes.create(NoteIn("hello"))
        assert (await greetings.list_page(PageQuery())).items == [NoteIn("hello")]
        assert (await greetings.list_page(PageQuery(limit=1))).total == 1
        assert (await greetings.list_page(PageQuery(offset=1))).total == 1
        assert await greetings.get(own.id) == NoteIn("hello")
        for asked in (
            greetings.get(other.id),
            greetings.change(other.id, NotePatch("hello")),
            greetings.delete(other.id),
        ):
            with pytest.raises(NotFound):
                await asked


async def test_a_row_given_to_another_tenant_is_refused(acme):
    with pytest.raises(DBAPIError):
        async with acme() as session:
            await Notes(session).create(NoteIn("x"), tenant_id=uuid4())


def test_a_mistake_shows_when_the_class_is_made():
    with pytest.raises(TypeError, match="Wrong: Note has no column 'title'"):

        class Wrong(Notes):
            orderable = ("title",)

    with pytest.raises(TypeError, match="Hidden: Note has no column 'letters'"):

        class Hidden(Notes):
            expressions = ()


async def test_structs_and_moments_may_stand_in_a_json_column(acme):
    note = NoteIn("first")
    async with acme() as session:
        stored = await session.scalar(select(cast(literal([note], JSONB), JSONB)))
    assert stored == [{"text": "first"}]
