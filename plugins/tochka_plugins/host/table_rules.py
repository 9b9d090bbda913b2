"""Rules for a module's tables, so that no row can point into, or be found from, another tenant."""

from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import ForeignKeyConstraint, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import NoReferencedTableError

from tochka_plugins.schemas import CORE_SCHEMA, schema_of

TENANT_COLUMN: Final = "tenant_id"


def broken_table_rules(
    metadata: MetaData, module: str, requires: Collection[str], *, of_platform: Collection[object]
) -> Iterator[str]:
    """Yield a sentence for each rule that a table of *module* breaks.

    *requires* are the modules whose tables it may point to, *of_platform* the tables that a
    `PlatformModel` declares: no other may be without a tenant.
    """
    own = schema_of(module)
    reachable = {own, CORE_SCHEMA, *(schema_of(name) for name in requires)}
    for table in metadata.tables.values():
        if table.schema != own:
            yield f"the table {table} must lie in the schema {own}"
            continue
        lost = [key for key in table.foreign_key_constraints if not _is_found(key)]
        for constraint in table.foreign_key_constraints:
            schema = _referred_schema(constraint)
            if schema not in reachable:
                yield f"{table} has a foreign key into {schema}, which is no declared dependency"
            elif constraint in lost:
                yield (
                    f"the foreign key on {_names(constraint)} names {_target(constraint)!r}, which"
                    " no model here declares: give it the column itself"
                )
        if TENANT_COLUMN in table.columns:
            if not lost:
                yield from _broken_tenant_rules(table)
        elif table not in of_platform:
            yield f"{table} has no {TENANT_COLUMN}: derive it from TenantModel or PlatformModel"


def _broken_tenant_rules(table: Table) -> Iterator[str]:
    if TENANT_COLUMN not in table.primary_key.columns:
        yield f"the primary key of {table} must contain {TENANT_COLUMN}"
    if not any(TENANT_COLUMN in key.columns for key in table.foreign_key_constraints):
        yield f"a foreign key of {table} must contain {TENANT_COLUMN}: rows go with their tenant"
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and TENANT_COLUMN not in constraint.columns:
            yield f"the unique constraint on {_names(constraint)} must contain {TENANT_COLUMN}"
        if isinstance(constraint, ExcludeConstraint) and not _excludes_within_tenant(constraint):
            yield f"the exclusion constraint on {table} must contain ('{TENANT_COLUMN}', '=')"
        if isinstance(constraint, ForeignKeyConstraint) and _leaves_the_tenant(constraint):
            yield f"the foreign key on {_names(constraint)} must contain {TENANT_COLUMN}"
    for index in table.indexes:
        if index.unique and TENANT_COLUMN not in index.columns:
            yield f"the unique index {index.name} must contain {TENANT_COLUMN}"


def _excludes_within_tenant(constraint: ExcludeConstraint) -> bool:
    return constraint.operators.get(TENANT_COLUMN) == "="


def _leaves_the_tenant(constraint: ForeignKeyConstraint) -> bool:
    """Tell whether a key into a table of tenants could name another tenant's row."""
    return TENANT_COLUMN in constraint.referred_table.columns and not any(
        key.parent.name == key.column.name == TENANT_COLUMN for key in constraint.elements
    )


def _is_found(constraint: ForeignKeyConstraint) -> bool:
    """Tell whether the table that *constraint* refers to is known here."""
    try:
        _ = constraint.referred_table
    except NoReferencedTableError:
        return False
    return True


def _referred_schema(constraint: ForeignKeyConstraint) -> str | None:
    if _is_found(constraint):
        return constraint.referred_table.schema
    return _target(constraint).rpartition(".")[0].rpartition(".")[0] or None


def _target(constraint: ForeignKeyConstraint) -> str:
    """Return what the first column refers to, such as `mod_notes.notes.id`."""
    return constraint.elements[0].target_fullname


def _names(constraint: UniqueConstraint | ForeignKeyConstraint) -> str:
    columns = ", ".join(column.name for column in constraint.columns)
    return f"{constraint.table}({columns})"
