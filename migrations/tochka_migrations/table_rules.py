"""What row-level security cannot give, looked up in the catalog: rules for a schema's objects.

The models are checked before; this finds what only a revision has made.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, text
from tochka_plugins.schemas import CORE_SCHEMA

from tochka_migrations.rls import PLATFORM_POLICY, TENANT_POLICY
from tochka_migrations.targets import Target

COUNTING: Final = f"{CORE_SCHEMA}.count_limit"
"""The one function by which a tenant's transaction changes a row of the core's: its own count."""


class UnsafeSchema(Exception):
    """Objects in a schema let one tenant reach, or notice, another."""


def broken_rules(connection: Connection, targets: Sequence[Target]) -> Mapping[str, Sequence[str]]:
    """Return by target a sentence for each object that breaks a rule of isolation."""
    found: dict[str, list[str]] = {target.schema: [] for target in targets}
    parameters = {
        "schemas": list(found),
        "policies": [TENANT_POLICY, PLATFORM_POLICY],
        "counting": COUNTING,
    }
    for row in connection.execute(text(_BROKEN_RULES), parameters):
        found[row.schema].append(row.sentence)
    return {target.name: found[target.schema] for target in targets}


_BROKEN_RULES: Final = """
WITH relation AS (
    SELECT n.nspname AS schema, format('%s.%s', n.nspname, c.relname) AS name,
        c.oid, c.relkind, c.reloptions,
        (SELECT attnum FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
            AND NOT a.attisdropped) AS tenant
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (:schemas)
), tenants_table AS (
    SELECT * FROM relation WHERE relkind IN ('r', 'p') AND tenant IS NOT NULL
)
SELECT schema, format('%s.tenant_id must be NOT NULL', name) AS sentence
FROM tenants_table t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = t.tenant
WHERE NOT a.attnotnull
UNION ALL
SELECT schema, format('the unique key %s of %s must contain tenant_id', key.relname, name)
FROM tenants_table t JOIN pg_index i ON i.indrelid = t.oid
JOIN pg_class key ON key.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'x'
WHERE (i.indisunique OR i.indisexclusion) AND NOT EXISTS (
    SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS part (number, place)
    LEFT JOIN pg_operator o ON o.oid = k.conexclop[part.place]
    WHERE part.place <= i.indnkeyatts AND part.number = t.tenant AND coalesce(o.oprname, '=') = '=')
UNION ALL
SELECT schema, format('the foreign key %s of %s must contain tenant_id', k.conname, name)
FROM tenants_table t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
JOIN pg_attribute there ON there.attrelid = k.confrelid AND there.attname = 'tenant_id'
    AND NOT there.attisdropped
WHERE NOT EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS pair (here, there_number)
    WHERE pair.here = t.tenant AND pair.there_number = there.attnum)
UNION ALL
SELECT schema, format('%s must have no policy %s: the platform makes the policies', name, p.polname)
FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
WHERE p.polname <> ALL (:policies)
UNION ALL
SELECT schema, format('the view %s must be made WITH (security_invoker = true)', name)
FROM relation
WHERE relkind = 'v'
    AND NOT coalesce(reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on']
UNION ALL
SELECT schema,
    format('%s must be a table or a view: row-level security protects nothing else', name)
FROM relation WHERE relkind IN ('m', 'f')
UNION ALL
SELECT schema,
    format('%s must not inherit from %s, which would show all rows', name, parent.relname)
FROM relation r JOIN pg_inherits h ON h.inhrelid = r.oid
JOIN pg_class parent ON parent.oid = h.inhparent AND parent.relkind = 'r'
UNION ALL
SELECT n.nspname, format('the function %s must not be SECURITY DEFINER', p.oid::regprocedure)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY (:schemas) AND p.prosecdef
    AND format('%s.%s', n.nspname, p.proname) <> :counting
ORDER BY 1, 2
"""
