"""The words beside a constraint are what a client reads when it refuses."""

from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tochka_core.http.database_errors import explain
from tochka_core.http.refusals import refusals_of
from tochka_plugins import InvalidInput, TenantModel, memberships, module_registry, refused, users

LONG = "a_name_of_a_column_that_is_as_long_as_those_of_tables_from_elsewhere"


class Base(DeclarativeBase):
    registry = module_registry("sample")


class Book(TenantModel, Base):
    __tablename__ = "books"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code", info=refused("unique", pointer="/code")),
        Index(None, "tenant_id", unique=True, postgresql_where=text("x"), info=refused("index")),
        ExcludeConstraint(("tenant_id", "="), name="ex_books", info=refused("exclusion")),
        CheckConstraint("code <> ''", name="code", info=refused("check", error=InvalidInput)),
        ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            [memberships.c.tenant_id, memberships.c.user_id],
            info=refused("key", pointer="/owner_id", error=InvalidInput),
        ),
        Index(None, LONG, "tenant_id", unique=True, info=refused("long")),
        UniqueConstraint("tenant_id", "owner_id"),
    )

    code: Mapped[str]
    owner_id: Mapped[UUID]
    reader_id: Mapped[UUID] = mapped_column(ForeignKey(users.c.id, info=refused("reader")))
    locals()[LONG] = mapped_column()
    __annotations__[LONG] = Mapped[str]


REFUSALS = refusals_of([SimpleNamespace(metadata=Base.metadata), SimpleNamespace(metadata=None)])
UNKNOWN = "The change conflicts with what is stored."


class Broken(Exception):
    """What the driver says of a broken constraint, as PostgreSQL has told it."""

    def __init__(self, name, sqlstate="23505", *, schema="mod_sample", table="books"):
        super().__init__("s3cret")
        self.constraint_name, self.sqlstate = name, sqlstate
        self.schema_name, self.table_name = schema, table


def told(broken, statement="INSERT INTO books"):
    error = explain(IntegrityError(statement, {}, broken), REFUSALS)
    return error.status, error.detail, [item["pointer"] for item in error.extra.get("errors", ())]


@pytest.mark.parametrize(
    ("name", "sqlstate", "expected"),
    [
        ("uq_books_tenant_id_code", "23505", (409, "unique", ["/code"])),
        ("ix_books_tenant_id", "23505", (409, "index", [])),
        ("ex_books", "23P01", (409, "exclusion", [])),
        ("ck_books_code", "23514", (400, "check", [])),
        ("fk_books_tenant_id_owner_id", "23503", (400, "key", ["/owner_id"])),
        ("fk_books_reader_id", "23503", (409, "reader", [])),
        ("uq_books_tenant_id_owner_id", "23505", (409, UNKNOWN, [])),
    ],
)
def test_each_kind_of_constraint_has_its_words(name, sqlstate, expected):
    assert told(Broken(name, sqlstate)) == expected


def test_a_name_that_is_too_long_for_the_database_is_known_as_it_is_cut():
    (name,) = (place.constraint for place in REFUSALS if place.constraint.startswith("ix_books_a"))
    assert len(name) <= 63
    assert told(Broken(name)) == (409, "long", [])


@pytest.mark.parametrize("elsewhere", [{"schema": "mod_other"}, {"table": "shelves"}], ids=str)
def test_a_constraint_of_the_same_name_elsewhere_has_not_these_words(elsewhere):
    assert told(Broken("uq_books_tenant_id_code", **elsewhere)) == (409, UNKNOWN, [])


@pytest.mark.parametrize("sqlstate", ["23503", "23001"])
def test_what_is_still_referred_to_is_not_told_to_be_missing(sqlstate):
    broken = Broken("fk_books_tenant_id_owner_id", sqlstate)
    assert told(broken, "DELETE FROM x") == (409, "The module sample still refers to it.", [])
    assert told(broken, None) == (409, UNKNOWN, [])


def test_what_is_looked_at_with_the_commit_has_its_words():
    assert told(Broken("uq_books_tenant_id_code"), None) == (409, "unique", ["/code"])
