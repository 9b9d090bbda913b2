"""Seeing that the revisions of one schema leave the others alone."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

from tochka_migrations.roles import PLATFORM_ROLE, TENANT_ROLE
from tochka_migrations.targets import Target


class StrayRevision(Exception):
    """A revision made, changed or dropped something outside its own schema."""

    def __init__(self, names: list[str], schema: str) -> None:
        super().__init__(
            f"a revision may change the schema {schema} only; this one changed {', '.join(names)}"
        )


def surroundings(connection: Connection, target: Target) -> Mapping[str, str]:
    """Return what there is outside the schema of *target*, each with a digest of its definition."""
    parameters = {
        "schema": target.schema,
        "tenant_role": TENANT_ROLE,
        "platform_role": PLATFORM_ROLE,
    }
    rows = connection.execute(text(_SURROUNDINGS), parameters)
    return {row.name: row.digest for row in rows}


def refuse_strays(before: Mapping[str, str], after: Mapping[str, str], target: Target) -> None:
    """Compare what `surroundings` told before and after.

    Raises:
        StrayRevision: they differ.
    """
    changed = sorted({name for name, _ in before.items() ^ after.items()})
    if changed:
        raise StrayRevision(changed, target.schema)


_SURROUNDINGS: Final = """
WITH elsewhere AS (
    SELECT * FROM pg_namespace
    WHERE nspname <> :schema AND nspname !~ '^(pg_|information_schema$)'
), of_extension AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
)
SELECT format('%s.%s', n.nspname, c.relname) AS name,
    md5(concat_ws(' ', c.oid, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
        c.relacl, c.reloptions,
        (SELECT string_agg(concat_ws(' ', a.attname, a.atttypid, a.attnotnull, a.attacl,
                pg_get_expr(d.adbin, d.adrelid)), ',' ORDER BY a.attnum)
            FROM pg_attribute a
            LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = c.oid AND a.attnum > 0),
        (SELECT string_agg(pg_get_constraintdef(k.oid), ',' ORDER BY k.conname)
            FROM pg_constraint k WHERE k.conrelid = c.oid),
        (SELECT string_agg(pg_get_indexdef(i.indexrelid), ',' ORDER BY i.indexrelid)
            FROM pg_index i WHERE i.indrelid = c.oid),
        (SELECT string_agg(pg_get_ruledef(r.oid), ',' ORDER BY r.rulename)
            FROM pg_rewrite r WHERE r.ev_class = c.oid),
        (SELECT string_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive, p.polroles,
                pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)),
                ',' ORDER BY p.polname)
            FROM pg_policy p WHERE p.polrelid = c.oid),
        (SELECT string_agg(concat(t.tgname, t.tgenabled), ',' ORDER BY t.tgname)
            FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
    )) AS digest
FROM pg_class c JOIN elsewhere n ON n.oid = c.relnamespace
WHERE c.relkind NOT IN ('i', 'I')
    AND (CAST('pg_class' AS regclass), c.oid) NOT IN (SELECT classid, objid FROM of_extension)
UNION ALL
SELECT format('the function %s.%s', n.nspname, p.proname),
    md5(string_agg(concat_ws(' ', p.oid, p.proowner, p.prosecdef, p.prosrc, p.proacl), ','
        ORDER BY p.oid))
FROM pg_proc p JOIN elsewhere n ON n.oid = p.pronamespace
WHERE (CAST('pg_proc' AS regclass), p.oid) NOT IN (SELECT classid, objid FROM of_extension)
GROUP BY n.nspname, p.proname
UNION ALL
SELECT format('the schema %s', nspname), concat_ws(' ', nspowner, nspacl) FROM elsewhere
UNION ALL
SELECT format('the role %s', rolname),
    concat_ws(' ', rolsuper, rolbypassrls, rolcanlogin, ARRAY(
        SELECT m.roleid FROM pg_auth_members m WHERE m.member = r.oid ORDER BY m.roleid))
FROM pg_roles r WHERE rolname IN (:tenant_role, :platform_role)
UNION ALL
SELECT 'settings of roles and databases', md5(string_agg(s.setconfig, ',' ORDER BY 1))
FROM (SELECT concat_ws(' ', setdatabase, setrole, setconfig) AS setconfig
    FROM pg_db_role_setting) s
UNION ALL
SELECT 'default privileges', md5(string_agg(d.acl, ',' ORDER BY d.acl))
FROM (SELECT concat_ws(' ', defaclrole, defaclnamespace, defaclobjtype, defaclacl) AS acl
    FROM pg_default_acl) d
"""
