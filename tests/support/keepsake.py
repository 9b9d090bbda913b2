"""Rows that are as they were again, whatever has been done to them."""

import json

from sqlalchemy import text

_WRITTEN = text(
    "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass)"
    " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
)
_ROWS = "SELECT to_jsonb(t) FROM tochka.{table} t"
_INSERT = (
    "INSERT INTO {table} ({columns})"
    " SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
    " ON CONFLICT ({key}) DO UPDATE SET {changes}"
)


class Keepsake:
    """What tables hold at some moment; *session* has the scope of the platform."""

    def __init__(self, rows):
        self._rows = rows

    @classmethod
    async def of(cls, session, **keys):
        """Keep the rows of tables of the core, which are named with their primary keys."""
        return cls({(table, key): await _rows(session, table) for table, key in keys.items()})

    async def restore(self, session):
        """Bring back what is gone or changed; what came later stays."""
        for (table, key), kept in self._rows.items():
            present = await _rows(session, table)
            lost = [row for row in kept if row not in present]
            if lost:
                await _write(session, f"tochka.{table}", key, lost)


async def _rows(session, table):
    return list(await session.scalars(text(_ROWS.format(table=table))))


async def _write(session, table, key, rows):
    columns = list(await session.scalars(_WRITTEN, {"table": table}))
    listed, changes = ", ".join(columns), ", ".join(f"{name} = excluded.{name}" for name in columns)
    statement = _INSERT.format(table=table, key=key, columns=listed, changes=changes)
    await session.execute(text(statement), {"rows": json.dumps(rows)})
