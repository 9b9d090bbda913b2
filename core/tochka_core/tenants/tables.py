"""Where a tenant's rows lie: every table with a `tenant_id`, of the core and of every module.

The catalog is asked, so that a module whose package is gone or quarantined is not forgotten.
"""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins.schemas import CORE_SCHEMA, module_of


class TenantTable(msgspec.Struct, frozen=True):
    """A table whose rows each belong to one tenant."""

    schema: str
    name: str
    quoted: str
    """Schema and name, ready for a statement."""
    columns: tuple[str, ...]
    """Those that are written; generated ones are not."""
    user_columns: tuple[str, ...]
    """Those whose foreign key says that they name a person, or a member."""
    time_columns: tuple[str, ...]
    """Those that hold a date, with a time of day or without."""

    @property
    def module(self) -> str | None:
        """The module that it belongs to; `None` for the core's."""
        return module_of(self.schema)

    @property
    def column_list(self) -> str:
        """All columns, ready for a statement."""
        return ", ".join(map(quoted, self.columns))

    @property
    def path(self) -> str:
        """Schema and name, for people."""
        return f"{self.schema}.{self.name}"


def quoted(name: str) -> str:
    """Return *name* ready for a statement, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


class TenantRows(msgspec.Struct, frozen=True):
    """How many rows of one tenant a table holds."""

    table: str
    rows: int


async def list_tenant_tables(session: AsyncSession) -> Sequence[TenantTable]:
    """Return all tables of tenants, the core's among them.

    Each comes after those that its foreign keys point to, but for keys that are deferrable, or go
    round in a circle.
    """
    found = {
        row.oid: TenantTable(
            schema=row.schema,
            name=row.name,
            quoted=row.quoted,
            columns=tuple(row.columns),
            user_columns=tuple(row.user_columns),
            time_columns=tuple(row.time_columns),
        )
        for row in await session.execute(text(_TABLES), {"core": CORE_SCHEMA})
    }
    needs: dict[int, set[int]] = {oid: set() for oid in found}
    for row in await session.execute(text(_REFERENCES)):
        if row.source in found and row.target in found:
            needs[row.source].add(row.target)
    return [found[oid] for oid in _ordered(needs)]


def _ordered(needs: Mapping[int, set[int]]) -> Sequence[int]:
    while True:
        try:
            return list(TopologicalSorter(needs).static_order())
        except CycleError as error:
            *_, needed, needing = error.args[1]
            needs[needing].remove(needed)


_TABLES: Final = """
SELECT c.oid, n.nspname AS schema, c.relname AS name,
    format('%I.%I', n.nspname, c.relname) AS quoted,
    ARRAY(SELECT attname::text FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        ORDER BY attnum) AS columns,
    ARRAY(SELECT DISTINCT a.attname::text FROM pg_constraint k
            CROSS JOIN unnest(k.conkey, k.confkey) AS pair (here, there)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.here
            JOIN pg_attribute named ON named.attrelid = k.confrelid AND named.attnum = pair.there
        WHERE k.conrelid = c.oid AND k.contype = 'f' AND (
            k.confrelid = to_regclass(format('%I.users', CAST(:core AS text)))
            OR k.confrelid = to_regclass(format('%I.memberships', CAST(:core AS text)))
                AND named.attname = 'user_id')
        ORDER BY 1) AS user_columns,
    ARRAY(SELECT attname::text FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
            AND atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
        ORDER BY attnum) AS time_columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (n.nspname = :core OR n.nspname LIKE 'mod\\_%') AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition
    AND EXISTS (SELECT FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
ORDER BY n.nspname = :core DESC, n.nspname, c.relname
"""
_REFERENCES: Final = """
SELECT conrelid AS source, confrelid AS target FROM pg_constraint
WHERE contype = 'f' AND conrelid <> confrelid AND NOT condeferrable
ORDER BY source, target
"""
