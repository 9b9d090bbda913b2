"""Giving a tenant something of everything, so that there is something to lose."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_core.conformance.bench import Bench

_TENANT_ID: Final = "tenant_id"


async def plant_rows(bench: Bench, tenant_id: UUID, *, word: str) -> Sequence[str]:
    """Write a row into each table of the module, and of those it needs, that has none.

    Texts in it begin with *word*. Returned are the tables that take none of what we know to write.
    """
    unfilled = []
    for module in bench.modules:
        tables = module.metadata.sorted_tables if module.metadata is not None else ()
        for table in (table for table in tables if _TENANT_ID in table.columns):
            async with bench.database.tenant_scope(tenant_id) as session:
                if not await _has_row(session, table) and not await _fill(session, table, word):
                    unfilled.append(f"{table.schema}.{table.name}")
    return unfilled


async def _has_row(session: AsyncSession, table: sa.Table) -> bool:
    return bool(await session.scalar(sa.select(sa.exists(sa.select(table)))))


async def _fill(session: AsyncSession, table: sa.Table, word: str) -> bool:
    """Write a row with all columns set, or else with those alone that have to be."""
    references = await _references(session, table)
    for whole in (True, False):
        values = {
            column.name: _value(column, word)
            for column in table.columns
            if column.name not in references
            and (whole or not column.nullable)
            and not _sets_itself(column)
        }
        known = {name: value for name, value in values.items() if value is not None}
        try:
            async with session.begin_nested():
                await session.execute(sa.insert(table).values({**known, **references}))
        except SQLAlchemyError:
            continue
        return True
    return False


async def _references(session: AsyncSession, table: sa.Table) -> Mapping[str, Any]:
    """Return for each foreign key to a table of tenants what leads to a row there."""
    found: dict[str, Any] = {}
    for key in table.foreign_key_constraints:
        target = key.referred_table
        if _TENANT_ID not in target.columns:
            continue
        row = (await session.execute(sa.select(target).limit(1))).mappings().first()
        for element in key.elements:
            if element.parent.name != _TENANT_ID:
                found[element.parent.name] = row[element.column.name] if row else None
    return found


def _sets_itself(column: sa.Column[Any]) -> bool:
    return column.name == _TENANT_ID or bool(
        column.default or column.server_default or column.computed or column.identity
    )


def _value(column: sa.Column[Any], word: str) -> Any:  # noqa: ANN401 - of the column's type
    told = f"{word} {column.name}"
    match column.type:
        case sa.Enum(enums=enums):
            return enums[0]
        case sa.String(length=length):
            return told[:length]
        case ARRAY(item_type=sa.String()):
            return [told]
        case sa.JSON():
            return {"planted": told}
    return next((value() for kind, value in _VALUES if isinstance(column.type, kind)), None)


_VALUES: Final[Sequence[tuple[type[Any], Callable[[], Any]]]] = (
    (sa.Uuid, uuid4),
    (sa.Boolean, lambda: True),
    (sa.Integer, lambda: 1),
    (sa.Numeric, lambda: Decimal(1)),
    (sa.DateTime, lambda: datetime.now(UTC)),
    (sa.Date, lambda: datetime.now(UTC).date()),
    (sa.Time, lambda: time(12)),
    (sa.Interval, lambda: timedelta(days=1)),
    (sa.LargeBinary, lambda: b"planted"),
)
