"""Seeing that the revisions of one schema leave the others alone."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

from tochka_migrations.targets import Target


class StrayRevision(Exception):
    """A revision made, changed or dropped something outside its own schema."""

    def __init__(self, names: list[str], schema: str) -> None:
        super().__init__(
            f"a revision may change the schema {schema} only; this one changed {', '.join(names)}"
        )


def surroundings(connection: Connection, target: Target) -> Mapping[str, str]:
    """Return each relation outside the schema of *target*, with a digest of its definition."""
    rows = connection.execute(text(_RELATIONS), {"schema": target.schema})
    return {row.name: row.digest for row in rows}


def refuse_strays(before: Mapping[str, str], after: Mapping[str, str], target: Target) -> None:
    """Compare what `surroundings` told before and after.

    Raises:
        StrayRevision: they differ.
    """
    changed = sorted({name for name, _ in before.items() ^ after.items()})
    if changed:
        raise StrayRevision(changed, target.schema)


_RELATIONS: Final = """
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
        (SELECT string_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive, p.polroles,
                pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)),
                ',' ORDER BY p.polname)
            FROM pg_policy p WHERE p.polrelid = c.oid),
        (SELECT string_agg(concat(t.tgname, t.tgenabled), ',' ORDER BY t.tgname)
            FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
    )) AS digest
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind <> 'i' AND n.nspname <> :schema AND n.nspname !~ '^(pg_|information_schema$)'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass
        AND e.objid = c.oid AND e.deptype = 'e')
"""
