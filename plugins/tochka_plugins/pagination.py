"""Lists that a client can page, search and order, all in one way."""

import re
from collections.abc import Collection, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from advanced_alchemy.filters import LimitOffset, OrderBy, SearchFilter, StatementFilter
from litestar.params import QueryParameter

from tochka_plugins.errors import InvalidInput

T = TypeVar("T")

MAX_LIMIT = 200
MAX_OFFSET = 2**31 - 1
MAX_TEXT = 200


Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="Items a page.")]
Offset = Annotated[int, QueryParameter(ge=0, le=MAX_OFFSET, description="Items to skip.")]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list."""

    items: Sequence[T]
    total: int
    """How many items the whole list has under the same search and filters."""
    limit: int
    offset: int


class PageQuery(msgspec.Struct, frozen=True):
    """The page that a client asks for."""

    limit: int = 50
    offset: int = 0
    order_by: str | None = None
    search: str | None = None

    def filters(
        self, *, orderable: Collection[str], searchable: Collection[str]
    ) -> list[StatementFilter]:
        """Return the query as filters for a repository's `get_many_and_count`.

        Ties are broken by `id`, so that pages neither repeat nor skip a row.

        Raises:
            InvalidInput: `order_by` names a field that is not in *orderable*.
        """
        filters: list[StatementFilter] = [LimitOffset(self.limit, self.offset)]
        if self.search:
            filters.append(SearchFilter(set(searchable), _literal(self.search), ignore_case=True))
        for name, is_descending in self.order(orderable):
            filters.append(OrderBy(name, "desc" if is_descending else "asc"))
        return filters

    def order(self, orderable: Collection[str]) -> tuple[tuple[str, bool], ...]:
        """Return the columns to order by, each with whether it descends; the last one is `id`.

        Raises:
            InvalidInput: `order_by` names a field that is not in *orderable*.
        """
        fields = self.order_by.split(",") if self.order_by else []
        ordered = [(field.removeprefix("-"), field.startswith("-")) for field in fields]
        for name, _ in ordered:
            if name not in orderable:
                choices = ", ".join(sorted(orderable))
                message = f"Cannot order by {name!r}; choose from {choices}."
                raise InvalidInput(message, pointer="/order_by")
        return (*ordered, ("id", False))

    @property
    def search_pattern(self) -> str:
        """What a text that contains `search` is `ILIKE`."""
        return f"%{_literal(self.search or '')}%"

    def page(self, items: Sequence[T], total: int) -> Page[T]:
        """Return *items* as the page that was asked for."""
        return Page(items=items, total=total, limit=self.limit, offset=self.offset)


def _literal(text: str) -> str:
    """Return *text* as it stands for itself in a pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)


async def provide_page_query(
    limit: Limit = 50,
    offset: Offset = 0,
    order_by: Annotated[
        str | None,
        QueryParameter(
            max_length=MAX_TEXT, description="Fields, comma-separated; `-name` descends."
        ),
    ] = None,
    search: Annotated[
        str | None, QueryParameter(max_length=MAX_TEXT, description="Text that an item contains.")
    ] = None,
) -> PageQuery:
    """Read a page query from the query string; handlers ask for it as `page_query`."""
    return PageQuery(limit=limit, offset=offset, order_by=order_by, search=search)
