"""Tables in which one tenant's rows could meet another's are refused by name."""

from uuid import UUID

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tochka_plugins import Model, PlatformModel, TenantModel, module_registry
from tochka_plugins.host.loading import LoadedModule
from tochka_plugins.host.staging import StagingError, stage

OTHERS = Table("things", MetaData(), Column("id", Uuid, primary_key=True), schema="mod_other")
PEOPLE = Table("users", MetaData(), Column("id", Uuid, primary_key=True), schema="tochka")


@pytest.fixture
def base():
    class Base(DeclarativeBase):
        registry = module_registry("sample")

    class Shelf(TenantModel, Base):
        __tablename__ = "shelves"

    Base.Shelf = Shelf
    return Base


@pytest.fixture
def check(module, tmp_path):
    """Stage models, and return what they are refused for."""

    def check(*models, requires=()):
        made = module(tochka_models=lambda: models, tochka_migrations=tmp_path)
        try:
            stage(LoadedModule(made), requires=frozenset(requires))
        except StagingError as refused:
            return str(refused)
        return None

    return check


def book(base, *arguments, model=TenantModel, **columns):
    """Declare a table of books on *base*, with *columns* and further arguments of the table."""
    attributes = {"__tablename__": "books", "__table_args__": arguments, **columns}
    attributes["__annotations__"] = dict.fromkeys(columns, Mapped[UUID])
    return type("Book", (model, base), attributes)


def to_shelves(*columns, target=("tenant_id", "id")):
    return ForeignKeyConstraint(columns, [f"mod_sample.shelves.{name}" for name in target])


def test_what_keeps_tenants_apart_is_sound(base, check):
    tables = book(
        base,
        to_shelves("tenant_id", "shelf_id"),
        UniqueConstraint("tenant_id", "code"),
        shelf_id=mapped_column(),
        code=mapped_column(),
        owner_id=mapped_column(ForeignKey(PEOPLE.c.id)),
    )
    assert check(base.Shelf, tables) is None


def test_a_foreign_key_into_a_module_leads_there_only_if_it_is_required(base, check):
    refers = book(base, thing_id=mapped_column(ForeignKey(OTHERS.c.id)))
    assert "books has a foreign key into mod_other, which is no declared dependency" in check(
        refers
    )
    assert check(refers, requires=["other"]) is None


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("mod_other.things.id", "into mod_other, which is no declared dependency"),
        ("tochka.users.id", r"books(it_id) names 'tochka.users.id', which no model here declares"),
        ("mod_sample.gone.id", "books(it_id) names 'mod_sample.gone.id', which no model here"),
    ],
)
def test_a_foreign_key_to_a_table_that_is_not_known_is_told_by_its_name(base, check, target, rule):
    assert rule in check(book(base, it_id=mapped_column(ForeignKey(target))))


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ([UniqueConstraint("code")], "unique constraint on mod_sample.books(code) must contain"),
        ([Index("by_code", "code", unique=True)], "the unique index by_code must contain"),
        ([Index("low", func.lower("code"), unique=True)], "the unique index low must contain"),
        (
            [ExcludeConstraint(("code", "="), name="once")],
            "exclusion constraint on mod_sample.books must contain ('tenant_id', '=')",
        ),
        (
            [ExcludeConstraint(("tenant_id", "<>"), ("code", "="), name="once")],
            "exclusion constraint on mod_sample.books must contain ('tenant_id', '=')",
        ),
        ([to_shelves("code", target=["id"])], "foreign key on mod_sample.books(code) must contain"),
        (
            [to_shelves("code", "tenant_id")],
            "foreign key on mod_sample.books(code, tenant_id) must contain",
        ),
    ],
    ids=[
        "unique constraint",
        "unique index",
        "expression",
        "exclusion",
        "exclusion of others",
        "foreign key",
        "crossed over",
    ],
)
def test_what_would_let_tenants_meet_is_refused(base, check, arguments, rule):
    assert rule in check(base.Shelf, book(base, *arguments, code=mapped_column()))


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        (mapped_column(ForeignKey("mod_sample.shelves.id")), "the primary key of mod_sample.books"),
        (mapped_column(primary_key=True), "a foreign key of mod_sample.books must contain"),
    ],
    ids=["out of the primary key", "out of all foreign keys"],
)
def test_the_tenants_column_is_not_to_be_taken_out_of_its_keys(base, check, column, rule):
    assert rule in check(base.Shelf, book(base, tenant_id=column))


def test_a_table_of_the_platform_says_so(base, check):
    assert check(book(base, model=PlatformModel)) is None


def test_a_table_that_says_neither_is_refused(base, check):
    rule = "has no tenant_id: derive it from TenantModel or PlatformModel"
    assert rule in check(book(base, model=Model))


@pytest.mark.parametrize("kind", ["model", "table"])
def test_a_table_that_no_hook_names_is_looked_at_too(base, check, kind):
    if kind == "table":
        Table("links", base.metadata, Column("id", Integer, primary_key=True))
    else:
        type(
            "Link",
            (base,),
            {"__tablename__": "links", "id": mapped_column(Integer, primary_key=True)},
        )
    assert "mod_sample.links has no tenant_id" in check(base.Shelf)


def test_models_on_two_bases_are_refused_as_only_one_would_be_looked_at(base, check):
    class Second(DeclarativeBase):
        registry = module_registry("sample")

    unsafe = book(Second, UniqueConstraint("code"), code=mapped_column())
    assert "Book must have the same base as Shelf" in check(base.Shelf, unsafe)
