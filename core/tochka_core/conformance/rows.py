"""What a tenant has in the tables of the core and of modules."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""By table, as JSON."""

_ROWS: Final = "SELECT to_jsonb(t)::text FROM {table} t WHERE {column} = :tenant ORDER BY 1"
_TENANT_TABLES: Final = text(
    "SELECT format('%I.%I', n.nspname, c.relname)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped"
    " WHERE c.relkind IN ('r', 'p') AND (n.nspname = 'tochka' OR n.nspname LIKE 'mod\\_%')"
    " ORDER BY 1"
)


async def rows_of(session: AsyncSession, tenant_id: UUID, *, schemas: Collection[str] = ()) -> Rows:
    """Return all rows of a tenant, or those in *schemas*; *session* sees all tenants."""
    tables = [*await session.scalars(_TENANT_TABLES)]
    columns = dict.fromkeys(tables, "tenant_id")
    found = {}
    for table, column in {**columns, "tochka.tenants": "id"}.items():
        if not schemas or table.partition(".")[0] in schemas:
            statement = text(_ROWS.format(table=table, column=column))
            rows = await session.scalars(statement, {"tenant": tenant_id})
            found[table] = [json.loads(row) for row in rows]
    return found
