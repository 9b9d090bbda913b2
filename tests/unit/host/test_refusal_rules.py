"""Words of constraints that could not be told, or never would be, are refused by name."""

from uuid import UUID

import pytest
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tochka_plugins import Conflict, InvalidInput, NotFound, TenantModel, module_registry, refused
from tochka_plugins import users as people
from tochka_plugins.host.loading import LoadedModule
from tochka_plugins.host.staging import StagingError, stage


@pytest.fixture
def check(module, tmp_path):
    """Stage a table of books with some constraints, and return what it is refused for."""

    def check(*constraints, reader=None):
        class Base(DeclarativeBase):
            registry = module_registry("sample")

        class Book(TenantModel, Base):
            __tablename__ = "books"
            __table_args__ = constraints

            code: Mapped[str]
            reader_id: Mapped[UUID] = mapped_column(ForeignKey(people.c.id, info=reader))

        made = module(tochka_models=[Book], tochka_migrations=tmp_path)
        try:
            stage(LoadedModule(made))
        except StagingError as refused_for:
            return str(refused_for)
        return None

    return check


def code_once(*arguments, **named):
    return UniqueConstraint("tenant_id", "code", info=refused(*arguments, **named))


def test_words_stand_beside_whatever_refuses_a_change(check):
    sound = [
        code_once("There is one.", pointer="/code", error=Conflict),
        Index(None, "tenant_id", "code", unique=True, info=refused("There is one.", pointer="")),
        CheckConstraint("code <> ''", name="code", info=refused("Empty.", error=InvalidInput)),
        ExcludeConstraint(
            ("tenant_id", "="), ("code", "="), name="ex_books", info=refused("There is one.")
        ),
    ]
    assert check(*sound, reader=refused("There is no such person.", pointer="/reader_id")) is None


@pytest.mark.parametrize(
    ("constraint", "rule"),
    [
        (
            code_once(7),
            "words of uq_books_tenant_id_code of mod_sample.books must be a text, not 7",
        ),
        (code_once(" "), "must be a text, not ' '"),
        (code_once("half \ud800"), "must be a text, not 'half"),
        (code_once("One.", pointer="code"), "a JSON pointer such as '/url', not 'code'"),
        (code_once("One.", pointer=("code",)), "a JSON pointer such as '/url', not ('code',)"),
        (code_once("One.", error=NotFound), "must be Conflict or InvalidInput, not <class"),
        (Index("by_code", "code", info=refused("One.")), "by_code of mod_sample.books is not uniq"),
        (
            ExcludeConstraint(("tenant_id", "="), ("code", "="), info=refused("One.")),
            "a constraint of mod_sample.books has words: give it a name",
        ),
    ],
    ids=["number", "blank", "half", "no slash", "tuple", "error", "index", "nameless"],
)
def test_words_that_could_not_be_told_are_refused(check, constraint, rule):
    refused_for = check(constraint)
    assert refused_for.startswith("tochka_models: ")
    assert rule in refused_for


def test_the_words_of_a_foreign_key_of_one_column_are_looked_at_too(check):
    assert "the words of fk_books_reader_id" in check(reader=refused(None))
