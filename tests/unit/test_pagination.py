"""Lists that a client pages, searches and orders."""

import pytest
from advanced_alchemy.filters import LimitOffset, OrderBy, SearchFilter
from hypothesis import given
from hypothesis import strategies as st
from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.testing import create_test_client
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped
from tochka_plugins import InvalidInput, Page, PageQuery, TenantModel, module_registry
from tochka_plugins.pagination import provide_page_query


class Base(DeclarativeBase):
    registry = module_registry("sample")


class Note(TenantModel, Base):
    __tablename__ = "notes"
    text: Mapped[str]
    author: Mapped[str]


def filters(**query):
    return PageQuery(**query).filters(orderable={"text", "author"}, searchable={"text", "author"})


def compiled(**query):
    statement = select(Note)
    for item in filters(**query):
        statement = item.append_to_statement(statement, Note)
    return statement.compile(dialect=postgresql.dialect())


def test_a_plain_query_pages_in_the_order_of_ids():
    assert filters() == [LimitOffset(50, 0), OrderBy("id", "asc")]


def test_fields_are_ordered_as_asked_and_ties_broken_by_id():
    ordered = [item for item in filters(order_by="-text,author") if isinstance(item, OrderBy)]
    assert ordered == [OrderBy("text", "desc"), OrderBy("author", "asc"), OrderBy("id", "asc")]


@pytest.mark.parametrize("order_by", ["gone", "-gone", "text,gone", "text,", ",", "-", "--text"])
def test_ordering_by_anything_else_is_refused_with_the_choices(order_by):
    with pytest.raises(InvalidInput, match="choose from author, text") as caught:
        filters(order_by=order_by)
    assert caught.value.extra["errors"][0]["pointer"] == "/order_by"


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_order_or_search_is_none(nothing):
    assert filters(order_by=nothing, search=nothing) == filters()


def test_all_searchable_fields_are_searched_in_any_case():
    (search,) = [item for item in filters(search="Anna") if isinstance(item, SearchFilter)]
    assert search.field_name == {"text", "author"}
    sql = str(compiled(search="Anna"))
    assert "text ILIKE" in sql
    assert "author ILIKE" in sql
    assert " OR " in sql


def literal_of(pattern):
    """Return the only text that a LIKE *pattern* without wildcards matches."""
    text, characters = "", iter(pattern)
    for character in characters:
        assert character not in "%_", f"{pattern!r} contains a wildcard"
        text += next(characters) if character == "\\" else character
    return text


@given(st.text("ab%_\\'\"", min_size=1) | st.text(min_size=1))
def test_wildcards_in_a_search_are_taken_literally(search):
    patterns = {
        value for name, value in compiled(search=search).params.items() if name.startswith("text")
    }
    (pattern,) = patterns
    assert pattern[0] == pattern[-1] == "%"
    assert literal_of(pattern[1:-1]) == search


def test_a_page_repeats_what_was_asked_for():
    page = PageQuery(limit=2, offset=4).page(["e"], total=5)
    assert page == Page(items=["e"], total=5, limit=2, offset=4)


@pytest.fixture(scope="module")
def client():
    @get("/")
    async def echo(page_query: NamedDependency[PageQuery]) -> PageQuery:
        return page_query

    dependencies = {"page_query": Provide(provide_page_query)}
    with create_test_client(echo, dependencies=dependencies, openapi_config=None) as client:
        yield client


def test_a_query_string_is_read(client):
    query = {"limit": 200, "offset": 7, "order_by": "-text", "search": "50%"}
    assert client.get("/", params=query).json() == query
    assert client.get("/").json() == {"limit": 50, "offset": 0, "order_by": None, "search": None}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "ten"},
        {"offset": -1},
        {"offset": 2**31},
        {"search": "x" * 201},
        {"order_by": "x" * 201},
    ],
    ids=lambda query: str(query)[:30],
)
def test_values_out_of_bounds_are_refused(client, query):
    assert client.get("/", params=query).status_code == 400
