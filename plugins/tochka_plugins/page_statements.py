"""The statements that read one page of a table, for `CrudService`."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    func,
    or_,
    select,
)

PAGE_LIMIT, PAGE_OFFSET, SEARCHED = "page_limit", "page_offset", "page_search"
"""What the statements ask for when they are run: two numbers, and a pattern for `ILIKE`."""


class PageStatements(msgspec.Struct, frozen=True):
    """What reads a page. To build it takes about as long as to run it: keep it where you can."""

    rows: Select[Any]
    count: Select[int]
    """Counts all that the rows are a page of."""
    both: Select[Any]
    """Returns the rows, each with the count at its end."""

    @classmethod
    def of(
        cls,
        columns: Sequence[ColumnElement[Any]],
        table: Any,  # noqa: ANN401 - whatever SQLAlchemy selects from
        *,
        order: Sequence[ColumnElement[Any]],
        searchable: Sequence[Column[Any]],
    ) -> "PageStatements":
        """Read *columns* of *table*; where any are *searchable*, of the rows in which one fits."""
        paged = (
            select(*columns)
            .select_from(table)
            .order_by(*order)
            .limit(bindparam(PAGE_LIMIT, type_=Integer))
            .offset(bindparam(PAGE_OFFSET, type_=Integer))
        )
        statements = cls._of(paged, select(func.count()).select_from(table))
        if searchable:
            pattern: BindParameter[str] = bindparam(SEARCHED)
            return statements.where(or_(*(column.ilike(pattern) for column in searchable)))
        return statements

    def where(self, *conditions: ColumnElement[bool]) -> "PageStatements":
        """Read only what fits all *conditions*."""
        if not conditions:
            return self
        return self._of(self.rows.where(*conditions), self.count.where(*conditions))

    @classmethod
    def _of(cls, rows: Select[Any], count: Select[int]) -> "PageStatements":
        total = count.correlate(None).scalar_subquery()
        return cls(rows, count, rows.add_columns(total))
