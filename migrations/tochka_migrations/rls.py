"""Row-level security and grants, for every table that the revisions have made.

A table with a `tenant_id` is a tenant's: row-level security is enabled and forced, with one policy
for each of the two roles. A table without one belongs to the platform. Authors of modules write
none of this; the runner applies it in the transaction that made the table.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, text
from tochka_plugins.models import CURRENT_TENANT_SQL

from tochka_migrations.roles import PLATFORM_ROLE, TENANT_ROLE
from tochka_migrations.targets import VERSION_TABLE, Target

_ALL: Final = "SELECT, INSERT, UPDATE, DELETE"
TENANT_POLICY: Final = "tochka_tenant_rows"
PLATFORM_POLICY: Final = "tochka_all_rows"


class TableState(msgspec.Struct, frozen=True):
    """A table as the catalog shows it."""

    name: str
    """Quoted and qualified, ready for a statement."""
    has_tenant: bool
    is_enabled: bool
    is_forced: bool
    policies: frozenset[str]
    tenant_privileges: frozenset[str]
    platform_privileges: frozenset[str]


def protect(connection: Connection, target: Target) -> list[str]:
    """Bring all tables of *target* under protection; return the statements that it took.

    An empty list means that all was in place.
    """
    statements = missing_protection(connection, target)
    for statement in statements:
        connection.execute(text(statement))
    return statements


def missing_protection(connection: Connection, target: Target) -> list[str]:
    """Return the statements that would bring all tables of *target* under protection."""
    statements = _schema_grants(connection, target)
    for table in _tables(connection, target.schema):
        if table.has_tenant:
            statements += _row_level_security(table)
        statements += _table_grants(table, target)
    return statements


def _schema_grants(connection: Connection, target: Target) -> list[str]:
    roles = [PLATFORM_ROLE] if target.is_core else [PLATFORM_ROLE, TENANT_ROLE]
    usage = text("SELECT has_schema_privilege(:role, :schema, 'USAGE')")
    return [
        f'GRANT USAGE ON SCHEMA "{target.schema}" TO {role}'
        for role in roles
        if not connection.scalar(usage, {"role": role, "schema": target.schema})
    ]


def _row_level_security(table: TableState) -> list[str]:
    statements = []
    if not table.is_enabled:
        statements.append(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY")
    if not table.is_forced:
        statements.append(f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY")
    own = f"tenant_id = {CURRENT_TENANT_SQL}"
    for policy, role, rows in (
        (TENANT_POLICY, TENANT_ROLE, own),
        (PLATFORM_POLICY, PLATFORM_ROLE, "true"),
    ):
        if policy not in table.policies:
            statements.append(
                f"CREATE POLICY {policy} ON {table.name} TO {role}"
                f" USING ({rows}) WITH CHECK ({rows})"
            )
    return statements


def _table_grants(table: TableState, target: Target) -> list[str]:
    module_gets = _ALL if table.has_tenant else "SELECT"
    tenant_gets = "" if target.is_core else module_gets
    statements = []
    for role, gets, has in (
        (TENANT_ROLE, tenant_gets, table.tenant_privileges),
        (PLATFORM_ROLE, _ALL, table.platform_privileges),
    ):
        if gets and not set(gets.split(", ")) <= has:
            statements.append(f"GRANT {gets} ON TABLE {table.name} TO {role}")
    return statements


def _tables(connection: Connection, schema: str) -> Sequence[TableState]:
    rows = connection.execute(text(_TABLES), {"schema": schema, "version_table": VERSION_TABLE})
    return [
        TableState(
            name=row.name,
            has_tenant=row.has_tenant,
            is_enabled=row.relrowsecurity,
            is_forced=row.relforcerowsecurity,
            policies=frozenset(row.policies),
            tenant_privileges=frozenset(row.tenant_privileges),
            platform_privileges=frozenset(row.platform_privileges),
        )
        for row in rows
    ]


_PRIVILEGES: Final = (
    "ARRAY(SELECT p FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE']) AS p"
    " WHERE has_table_privilege('{role}', c.oid, p))"
)
_TABLES: Final = f"""
SELECT format('%I.%I', n.nspname, c.relname) AS name,
    EXISTS (SELECT FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS has_tenant,
    c.relrowsecurity,
    c.relforcerowsecurity,
    ARRAY(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid) AS policies,
    {_PRIVILEGES.format(role=TENANT_ROLE)} AS tenant_privileges,
    {_PRIVILEGES.format(role=PLATFORM_ROLE)} AS platform_privileges
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND c.relname <> :version_table
ORDER BY c.relname
"""  # noqa: S608 - the interpolated parts are the constants above
