"""Row-level security and grants, for every table that the revisions have made.

A table with a `tenant_id` is a tenant's: row-level security is enabled and forced, with one policy
for each of the two roles. A table without one belongs to the platform. Authors of modules write
none of this; the runner applies it in the transaction that made the table. What stands in a table
that is append-only, neither role can change.

The platform's policy asks for the role itself. Without that the login role, which is a member of
both roles, would see all rows wherever a statement runs as it: in a connection without a scope, in
a view, in a function of its own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
from sqlalchemy import Connection, text
from tochka_plugins.schemas import CURRENT_TENANT_SQL

from tochka_migrations.append_only import APPEND_ONLY
from tochka_migrations.roles import PLATFORM_ROLE, TENANT_ROLE
from tochka_migrations.targets import VERSION_TABLE, Target

_ALL: Final = "SELECT, INSERT, UPDATE, DELETE"
_ADDING: Final = "SELECT, INSERT"
_CHANGING: Final = "UPDATE, DELETE, TRUNCATE"
TENANT_POLICY: Final = "tochka_tenant_rows"
PLATFORM_POLICY: Final = "tochka_all_rows"
_OWNER_SETTING: Final = "tochka.owner_sees_all"

_OWN_ROWS: Final = f"tenant_id = {CURRENT_TENANT_SQL}"
_ALL_ROWS: Final = (
    f"current_user = '{PLATFORM_ROLE}' OR current_setting('{_OWNER_SETTING}', true) = 'on'"
)
_POLICIES: Final = (
    (TENANT_POLICY, TENANT_ROLE, _OWN_ROWS),
    (PLATFORM_POLICY, PLATFORM_ROLE, _ALL_ROWS),
)


@contextmanager
def all_rows(connection: Connection) -> Iterator[None]:
    """Let the owner of the tables, who migrates them, see the rows of all tenants in the block."""
    connection.execute(text(f"SET LOCAL {_OWNER_SETTING} = 'on'"))
    yield
    connection.execute(text(f"SET LOCAL {_OWNER_SETTING} = 'off'"))


class TableState(msgspec.Struct, frozen=True):
    """A table or view as the catalog shows it."""

    name: str
    """Quoted and qualified, ready for a statement."""
    is_view: bool
    has_tenant: bool
    is_enabled: bool
    is_forced: bool
    policies: Mapping[str, str]
    """By name: whom a policy applies to and what it lets them see and write."""
    tenant_privileges: frozenset[str]
    platform_privileges: frozenset[str]
    is_changeable: bool
    """One of the two roles may change or delete what stands there."""


def protect(connection: Connection, target: Target) -> Sequence[str]:
    """Bring all tables of *target* under protection; return the statements that it took.

    An empty list means that all was in place.
    """
    statements = missing_protection(connection, [target])[target.name]
    for statement in statements:
        # As the driver gets it: a colon in a name must not look like a parameter.
        connection.exec_driver_sql(statement)
    return statements


def missing_protection(
    connection: Connection, targets: Sequence[Target]
) -> Mapping[str, Sequence[str]]:
    """Return by target the statements that would bring all its tables under protection."""
    grants = _schemas_without_usage(connection, targets)
    sequences = _sequence_grants(connection, targets)
    tables = _tables(connection, targets)
    return {
        target.name: [
            *_schema_grants(target, grants[target.schema]),
            *(
                statement
                for table in tables[target.schema]
                for statement in (*_row_level_security(table), *_table_grants(table, target))
            ),
            *sequences[target.schema],
        ]
        for target in targets
    }


def _schema_grants(target: Target, lacking: Sequence[str]) -> list[str]:
    """Let both roles use the schema: in the core's a tenant may call functions, and no more."""
    return [f'GRANT USAGE ON SCHEMA "{target.schema}" TO {role}' for role in lacking]


def _schemas_without_usage(
    connection: Connection, targets: Sequence[Target]
) -> Mapping[str, Sequence[str]]:
    """Return by schema the roles that may not use it."""
    lacking: dict[str, list[str]] = {target.schema: [] for target in targets}
    parameters = {"roles": [PLATFORM_ROLE, TENANT_ROLE], "schemas": list(lacking)}
    for row in connection.execute(text(_WITHOUT_USAGE), parameters):
        lacking[row.schema].append(row.role)
    return lacking


def _sequence_grants(
    connection: Connection, targets: Sequence[Target]
) -> Mapping[str, Sequence[str]]:
    """Return by schema the grants that let both roles draw from its sequences."""
    lacking: dict[str, list[str]] = {target.schema: [] for target in targets}
    parameters = {"roles": [PLATFORM_ROLE, TENANT_ROLE], "schemas": list(lacking)}
    for row in connection.execute(text(_SEQUENCES), parameters):
        lacking[row.schema].append(f"GRANT USAGE ON SEQUENCE {row.name} TO {row.role}")
    return lacking


def _row_level_security(table: TableState) -> list[str]:
    if table.is_view or not table.has_tenant:
        return []
    statements = []
    if not table.is_enabled:
        statements.append(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY")
    if not table.is_forced:
        statements.append(f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY")
    for policy, role, rows in _POLICIES:
        if table.policies.get(policy) == _normalised(f"* t {role} {rows} {rows}"):
            continue
        if policy in table.policies:
            statements.append(f"DROP POLICY {policy} ON {table.name}")
        statements.append(
            f"CREATE POLICY {policy} ON {table.name} TO {role} USING ({rows}) WITH CHECK ({rows})"
        )
    return statements


def _normalised(policy: str) -> str:
    """Return *policy* without what PostgreSQL adds to an expression when it prints it."""
    return re.sub(r"::(text|name)\b|[\s()]", "", policy).lower()


def _table_grants(table: TableState, target: Target) -> list[str]:
    module_gets = _ALL if table.has_tenant and not table.is_view else "SELECT"
    tenant_gets = "" if target.is_core else module_gets
    is_append_only = table.name in APPEND_ONLY
    platform_gets = "SELECT" if table.is_view else _ADDING if is_append_only else _ALL
    statements = []
    if is_append_only and table.is_changeable:
        statements.append(
            f"REVOKE {_CHANGING} ON TABLE {table.name} FROM PUBLIC, {TENANT_ROLE}, {PLATFORM_ROLE}"
        )
    for role, gets, has in (
        (TENANT_ROLE, tenant_gets, table.tenant_privileges),
        (PLATFORM_ROLE, platform_gets, table.platform_privileges),
    ):
        if gets and not set(gets.split(", ")) <= has:
            statements.append(f"GRANT {gets} ON TABLE {table.name} TO {role}")
    return statements


def _tables(
    connection: Connection, targets: Sequence[Target]
) -> Mapping[str, Sequence[TableState]]:
    """Return by schema its tables and views."""
    found: dict[str, list[TableState]] = {target.schema: [] for target in targets}
    parameters = {"schemas": list(found), "version_table": VERSION_TABLE}
    for row in connection.execute(text(_TABLES), parameters):
        found[row.schema].append(
            TableState(
                name=row.name,
                is_view=row.is_view,
                has_tenant=row.has_tenant,
                is_enabled=row.relrowsecurity,
                is_forced=row.relforcerowsecurity,
                policies={
                    name: _normalised(policy)
                    for name, policy in zip(row.policy_names, row.policies, strict=True)
                },
                tenant_privileges=frozenset(row.tenant_privileges),
                platform_privileges=frozenset(row.platform_privileges),
                is_changeable=row.is_changeable,
            )
        )
    return found


_WITHOUT_USAGE: Final = """
SELECT nspname AS schema, role
FROM pg_namespace CROSS JOIN unnest(CAST(:roles AS text[])) AS role
WHERE nspname = ANY (:schemas) AND NOT has_schema_privilege(role, oid, 'USAGE')
"""
_SEQUENCES: Final = """
SELECT n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS name, role
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN unnest(CAST(:roles AS text[])) AS role
WHERE n.nspname = ANY (:schemas) AND c.relkind = 'S'
    AND NOT has_sequence_privilege(role, c.oid, 'USAGE')
ORDER BY 2, 3
"""
_PRIVILEGES: Final = (
    "ARRAY(SELECT p FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE']) AS p"
    " WHERE has_table_privilege('{role}', c.oid, p))"
)
_MAY_CHANGE: Final = (
    f"has_table_privilege('{{role}}', c.oid, '{_CHANGING}')"
    " OR has_any_column_privilege('{role}', c.oid, 'UPDATE')"
)
_TABLES: Final = f"""
SELECT n.nspname AS schema,
    format('%I.%I', n.nspname, c.relname) AS name,
    c.relkind = 'v' AS is_view,
    EXISTS (SELECT FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS has_tenant,
    c.relrowsecurity,
    c.relforcerowsecurity,
    ARRAY(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid ORDER BY polname)
        AS policy_names,
    ARRAY(SELECT concat_ws(' ', polcmd, polpermissive,
            (SELECT string_agg(rolname, ',') FROM pg_roles WHERE oid = ANY (polroles)),
            pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
        FROM pg_policy WHERE polrelid = c.oid ORDER BY polname) AS policies,
    {_PRIVILEGES.format(role=TENANT_ROLE)} AS tenant_privileges,
    {_PRIVILEGES.format(role=PLATFORM_ROLE)} AS platform_privileges,
    {_MAY_CHANGE.format(role=TENANT_ROLE)} OR {_MAY_CHANGE.format(role=PLATFORM_ROLE)}
        AS is_changeable
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (:schemas) AND c.relkind IN ('r', 'p', 'v') AND c.relname <> :version_table
ORDER BY c.relname
"""  # noqa: S608 - the interpolated parts are the constants above
