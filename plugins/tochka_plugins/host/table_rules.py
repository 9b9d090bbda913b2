"""Rules for a module's tables, so that no row can point into, or be found from, another tenant."""

from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import ForeignKeyConstraint, MetaData, Table, UniqueConstraint

from tochka_plugins.schemas import CORE_SCHEMA, schema_of

TENANT_COLUMN: Final = "tenant_id"


def broken_table_rules(metadata: MetaData, module: str, requires: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each rule that a table of *module* breaks.

    *requires* are the modules whose tables it may point to.
    """
    own = schema_of(module)
    reachable = {own, CORE_SCHEMA, *(schema_of(name) for name in requires)}
    for table in metadata.tables.values():
        if table.schema != own:
            yield f"the table {table} must lie in the schema {own}"
            continue
        for constraint in table.foreign_key_constraints:
            schema = constraint.referred_table.schema
            if schema not in reachable:
                yield f"{table} has a foreign key into {schema}, which is no declared dependency"
        if TENANT_COLUMN in table.columns:
            yield from _broken_tenant_rules(table)


def _broken_tenant_rules(table: Table) -> Iterator[str]:
    if TENANT_COLUMN not in table.primary_key.columns:
        yield f"the primary key of {table} must contain {TENANT_COLUMN}"
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and TENANT_COLUMN not in constraint.columns:
            yield f"the unique constraint on {_names(constraint)} must contain {TENANT_COLUMN}"
        if isinstance(constraint, ForeignKeyConstraint) and _leaves_the_tenant(constraint):
            yield f"the foreign key on {_names(constraint)} must contain {TENANT_COLUMN}"
    for index in table.indexes:
        if index.unique and TENANT_COLUMN not in index.columns:
            yield f"the unique index {index.name} must contain {TENANT_COLUMN}"


def _leaves_the_tenant(constraint: ForeignKeyConstraint) -> bool:
    """Tell whether a key into a table of tenants could name another tenant's row."""
    is_tenants_table = TENANT_COLUMN in constraint.referred_table.columns
    return is_tenants_table and TENANT_COLUMN not in constraint.columns


def _names(constraint: UniqueConstraint | ForeignKeyConstraint) -> str:
    columns = ", ".join(column.name for column in constraint.columns)
    return f"{constraint.table}({columns})"
