"""Columns of modules that hold encrypted secrets, found by what the catalog says of them."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Text, Uuid, column, text
from sqlalchemy import table as table_of
from sqlalchemy.sql.expression import ColumnClause, TableClause
from tochka_plugins.schemas import schema_of
from tochka_plugins.sealing import SEALED

_COLUMNS: Final = text(
    "SELECT n.nspname AS schema, c.relname AS table, a.attname AS column"
    " FROM pg_attribute a"
    " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND starts_with(n.nspname, :modules) AND NOT a.attisdropped"
    " AND col_description(c.oid, a.attnum) = :sealed"
    " AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id')"
    " ORDER BY 1, 2, 3"
)


class SealedColumn(msgspec.Struct, frozen=True):
    """Where a module keeps secrets of tenants."""

    schema: str
    table: str
    column: str

    @property
    def path(self) -> str:
        """Schema, table and column."""
        return f"{self.schema}.{self.table}.{self.column}"

    @property
    def rows(self) -> TableClause:
        """The table, as far as a statement needs it."""
        columns: list[ColumnClause[UUID] | ColumnClause[str]] = [
            column("tenant_id", Uuid),
            column("id", Uuid),
            column(self.column, Text),
        ]
        return table_of(self.table, *columns, schema=self.schema)


def place_of_sealed(tenant_id: UUID, column_path: str, row_id: UUID) -> str:
    """Return what a secret is bound to: it decrypts nowhere else."""
    return f"column {tenant_id} {column_path} {row_id}"


def find_sealed_columns(connection: Connection) -> Sequence[SealedColumn]:
    """Return the columns of all modules whose schemas are there, by name."""
    found = connection.execute(_COLUMNS, {"modules": schema_of(""), "sealed": SEALED})
    return [SealedColumn(row.schema, row.table, row.column) for row in found]
