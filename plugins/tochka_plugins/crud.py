"""Keeping the rows of one table for clients: create, get, change, delete and list them.

    class BookmarkService(CrudService[Bookmark, BookmarkOut]):
        model_type = Bookmark
        schema_type = BookmarkOut
        noun = "bookmark"
        orderable = ("title", "created_at")
        searchable = ("title", "url")

    @post("/", guards=[requires("bookmarks:write")])
    async def create(self, data: JSONBody[BookmarkIn], session: Session) -> BookmarkOut:
        return await BookmarkService(session).create(data)

Each call is a part of the session's transaction: it is kept, or not, with all of it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Label,
    Row,
    Select,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_plugins.counting import Limits
from tochka_plugins.errors import NotFound
from tochka_plugins.late_session import on_connection
from tochka_plugins.models import Model
from tochka_plugins.page_statements import PAGE_LIMIT, PAGE_OFFSET, SEARCHED, PageStatements
from tochka_plugins.pagination import Page, PageQuery

ModelT = TypeVar("ModelT", bound=Model)
SchemaT = TypeVar("SchemaT", bound=msgspec.Struct)

_MAX_STATEMENTS: Final = 200
"""That are kept: a list may be ordered in many ways."""


class CrudService(Generic[ModelT, SchemaT]):
    """Keeps the rows of one table and shows each as a struct.

    Each call is a single statement (two for a page without a row) whose rows become structs
    as they are, in the scope of the session that it is given: in a tenant's, the tenant's rows.
    Override a method to do more, and call `super()`; for what is none of these, use `session`.
    """

    model_type: type[ModelT]
    schema_type: type[SchemaT]
    """What a row is shown as: each field is a column of the model, or stands in `expressions`."""
    noun: ClassVar[str]
    """What one row is called, such as `bookmark`: for what clients are told."""
    orderable: ClassVar[Collection[str]] = ("created_at",)
    """The columns that a list can be ordered by."""
    searchable: ClassVar[Collection[str]] = ()
    """The columns of text that a search looks into."""
    expressions: ClassVar[Sequence[Label[Any]]] = ()
    """What the database works out for each row, labelled with the field that shows it."""
    limit: ClassVar[str | None] = None
    """The declared limit that counts the rows, such as `bookmarks.max`."""

    _columns: ClassVar[Sequence[ColumnElement[Any]]]
    _show: Callable[..., SchemaT]
    """Makes a struct of the values of the columns, in their order."""

    def __init_subclass__(cls) -> None:
        """Look up the columns, so that a mistake shows when the module is loaded."""
        super().__init_subclass__()
        if not hasattr(cls, "model_type"):
            return
        for name in (*cls.orderable, *cls.searchable):
            cls._column(name)
        worked_out = {label.name: label for label in cls.expressions}
        shown = cls.schema_type.__struct_fields__
        cls._columns = [
            worked_out[name] if name in worked_out else cls._column(name) for name in shown
        ]
        is_by_position = cls.schema_type.__match_args__ == shown
        cls._show = staticmethod(
            cls.schema_type if is_by_position else partial(_by_name, cls.schema_type)
        )

    def __init__(self, session: AsyncSession) -> None:
        """Work in *session*; what is done is kept, or not, with its transaction."""
        self.session = session

    async def create(self, data: msgspec.Struct, **more: object) -> SchemaT:
        """Add a row of the fields of *data*, and of *more* that the client has no say in.

        Raises:
            LimitReached: the tenant has as many as it may.
        """
        values = {**msgspec.structs.asdict(data), **more}
        adding = insert(self.model_type).values(**values).returning(*self._columns)
        row = (await self.session.execute(adding)).one()
        if self.limit is not None:
            await Limits(self.session).consume(self.limit)
        return self._show(*row)

    async def get(self, row_id: UUID) -> SchemaT:
        """Return the row with this id.

        Raises:
            NotFound: there is none.
        """
        rows = await on_connection(
            self.session, _read, self._statement_for_one(), {"row_id": row_id}
        )
        return self._show_found(rows[0] if rows else None)

    async def change(self, row_id: UUID, patch: msgspec.Struct, **more: object) -> SchemaT:
        """Change the fields of *patch* that are not `UNSET`, and those in *more*.

        Raises:
            NotFound: there is no row with this id.
        """
        named = msgspec.structs.asdict(patch)
        values = {k: v for k, v in named.items() if v is not msgspec.UNSET} | more
        if not values:
            return await self.get(row_id)
        changing = update(self.model_type).where(self.model_type.id == row_id).values(**values)
        changed = await self.session.execute(changing.returning(*self._columns))
        return self._show_found(changed.one_or_none())

    async def delete(self, row_id: UUID) -> None:
        """Remove the row with this id; of two who do it at once, one has.

        Raises:
            NotFound: there is none.
        """
        removing = delete(self.model_type).where(self.model_type.id == row_id)
        removed = await self.session.execute(removing.returning(self.model_type.id))
        if removed.one_or_none() is None:
            raise self._missing()
        if self.limit is not None:
            await Limits(self.session).release(self.limit)

    async def list_page(
        self, query: PageQuery, *conditions: ColumnElement[bool], **equal: object
    ) -> Page[SchemaT]:
        """Return the page that *query* asks for, of the rows that fit all *conditions*.

        *equal* are columns and the values that they are to have; `None` stands for any.

        Raises:
            InvalidInput: the query would order by a column that is not in `orderable`.
        """
        wanted = [*conditions, *(self._column(k) == v for k, v in equal.items() if v is not None)]
        is_search = bool(query.search and self.searchable)
        kept = self._page_statements(query.order(self.orderable), is_search=is_search)
        values: dict[str, Any] = {PAGE_LIMIT: query.limit, PAGE_OFFSET: query.offset}
        if is_search:
            values[SEARCHED] = query.search_pattern
        return await on_connection(
            self.session, self._read_page, query, kept.where(*wanted), values
        )

    def _read_page(
        self,
        connection: Connection,
        query: PageQuery,
        statements: PageStatements,
        values: Mapping[str, Any],
    ) -> Page[SchemaT]:
        found = _read(connection, statements.both, values)
        if found:
            total = found[-1][-1]
        elif query.offset == 0 < query.limit:
            total = 0
        else:
            ((total,),) = _read(connection, statements.count, values)
        return query.page([self._show(*row[:-1]) for row in found], total)

    @classmethod
    @cache
    def _statement_for_one(cls) -> Select[Any]:
        of_model = select(*cls._columns).select_from(cls.model_type)
        return of_model.where(cls._column("id") == bindparam("row_id"))

    @classmethod
    @lru_cache(_MAX_STATEMENTS)
    def _page_statements(
        cls, ordered: Sequence[tuple[str, bool]], *, is_search: bool
    ) -> PageStatements:
        order = [
            cls._column(name).desc() if is_descending else cls._column(name).asc()
            for name, is_descending in ordered
        ]
        searchable = [cls._column(name) for name in cls.searchable] if is_search else []
        model = cls.model_type
        return PageStatements.of(cls._columns, model, order=order, searchable=searchable)

    @classmethod
    def _column(cls, name: str) -> Column[Any]:
        column = cls.model_type.__mapper__.columns.get(name)
        if column is None:
            raise TypeError(f"{cls.__name__}: {cls.model_type.__name__} has no column {name!r}")
        return column

    def _show_found(self, row: Row[Any] | None) -> SchemaT:
        if row is None:
            raise self._missing()
        return self._show(*row)

    def _missing(self) -> NotFound:
        return NotFound(f"There is no such {self.noun}.")


def _read(
    connection: Connection, statement: Select[Any], values: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """Read rows without making objects of them."""
    return connection.execute(statement, values).all()


def _by_name(schema: type[SchemaT], *values: object) -> SchemaT:
    """Make a struct that takes some of its fields by name only."""
    return schema(**dict(zip(schema.__struct_fields__, values, strict=True)))
