"""Giving a tenant something of everything, so that there is something to lose."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins.host import StagedModule

from tochka_core.conformance.bench import Bench
from tochka_core.conformance.bodies import Bodies, Json
from tochka_core.conformance.people import Person
from tochka_core.conformance.rows import rows_of

_TENANT_ID: Final = "tenant_id"
_ROUNDS: Final = 2
"""What needs a row of another table finds one in the second."""

_PARAMETER: Final = re.compile(r"\{(\w+)\}")


async def plant(
    bench: Bench, tenant: str, owner: Person, bodies: Bodies, *, word: str
) -> Sequence[str]:
    """Let *owner* create what *bodies* describe, then fill the tables that are still empty.

    Texts begin with *word*. Returned are the tables that take none of what we know to write.
    """
    tenant_id = bench.people.tenant_id(tenant)
    needed = [module for module in bench.modules if module is not bench.module]
    unfilled = [*await _fill_tables(bench, tenant_id, needed, word=word)]
    waiting = {path: each for (method, path), each in bodies.items() if method == "POST"}
    for _ in range(_ROUNDS):
        known = await known_rows(bench, tenant)
        for path, candidates in [*waiting.items()]:
            bodies_here = [naming(body, known) for body in candidates]
            if await _post(bench, owner.at(tenant), _place(path, known), bodies_here):
                del waiting[path]
    return [*unfilled, *await _fill_tables(bench, tenant_id, [bench.module], word=word)]


async def plant_rows(bench: Bench, tenant: str, *, word: str) -> Sequence[str]:
    """Write a row into each table of the module, and of those it needs, that has none.

    Texts in it begin with *word*. Returned are the tables that take none of what we know to write.
    """
    return await _fill_tables(bench, bench.people.tenant_id(tenant), bench.modules, word=word)


async def known_rows(bench: Bench, tenant: str) -> Mapping[str, str]:
    """Return a row of the tenant for each column that refers to one, by the column's name.

    So a field of that name can be filled: `contact_id` with the id of a contact that there is.
    """
    async with bench.database.platform_scope(reason="conformance") as session:
        rows = await rows_of(session, bench.people.tenant_id(tenant))
    known: dict[str, str] = {}
    for table in _tables(bench.modules):
        for row in rows.get(f"{table.schema}.{table.name}", ())[:1]:
            known.setdefault(f"{table.name.removesuffix('s')}_id", str(row.get("id")))
        for key in table.foreign_key_constraints:
            target = f"{key.referred_table.schema}.{key.referred_table.name}"
            for row in rows.get(target, ())[:1]:
                referring = {item.parent.name: str(row[item.column.name]) for item in key.elements}
                known.update(referring)
    return {name: value for name, value in known.items() if name != _TENANT_ID}


def naming(body: Json, known: Mapping[str, str]) -> Json:
    """Return *body* with *known* rows in the fields of these names, and lists of one in `…_ids`."""
    match body:
        case dict():
            return {
                key: known[key]
                if key in known
                else [known[key[:-1]]]
                if key[:-1] in known and isinstance(value, list)
                else naming(value, known)
                for key, value in body.items()
            }
        case list():
            return [naming(item, known) for item in body]
    return body


def _place(path: str, known: Mapping[str, str]) -> str:
    return _PARAMETER.sub(lambda parameter: known.get(parameter[1], parameter[0]), path)


async def _post(
    bench: Bench, headers: Mapping[str, str], path: str, candidates: Sequence[Json]
) -> bool:
    """Send bodies until one is taken; tell whether one was."""
    for body in candidates:
        answer = await bench.client.post(path, json=body, headers=headers)
        if answer.is_success:
            return True
    return False


async def _fill_tables(
    bench: Bench, tenant_id: UUID, modules: Sequence[StagedModule], *, word: str
) -> Sequence[str]:
    unfilled = []
    for table in _tables(modules):
        references = await _references(bench, tenant_id, table)
        async with bench.database.tenant_scope(tenant_id) as session:
            if not (
                await _has_row(session, table) or await _fill(session, table, references, word)
            ):
                unfilled.append(f"{table.schema}.{table.name}")
    return unfilled


def _tables(modules: Sequence[StagedModule]) -> Iterator[sa.Table]:
    """Yield the tables of tenants, after those that they refer to."""
    for module in modules:
        tables = module.metadata.sorted_tables if module.metadata is not None else ()
        yield from (table for table in tables if _TENANT_ID in table.columns)


async def _has_row(session: AsyncSession, table: sa.Table) -> bool:
    return bool(await session.scalar(sa.select(sa.exists(sa.select(table)))))


async def _fill(
    session: AsyncSession, table: sa.Table, references: Mapping[str, Any], word: str
) -> bool:
    """Write a row with all columns set, or else with those alone that have to be."""
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


async def _references(bench: Bench, tenant_id: UUID, table: sa.Table) -> Mapping[str, Any]:
    """Return for each foreign key what leads to a row that the tenant may refer to.

    It may lead to the core, where a tenant's scope sees nothing.
    """
    found: dict[str, Any] = {}
    async with bench.database.platform_scope(reason="conformance") as session:
        for key in table.foreign_key_constraints:
            target = key.referred_table
            wanted = sa.select(target).limit(1)
            if _TENANT_ID in target.columns:
                wanted = wanted.where(target.columns[_TENANT_ID] == tenant_id)
            row = (await session.execute(wanted)).mappings().first()
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
