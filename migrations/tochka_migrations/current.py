"""The revision that each schema is at."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, text

from tochka_migrations.targets import VERSION_TABLE, Target


def current_revisions(
    connection: Connection, targets: Sequence[Target]
) -> Mapping[str, str | None]:
    """Return by target the revision that its schema is at; `None` before the first."""
    parameters = {"schemas": [target.schema for target in targets], "table": VERSION_TABLE}
    schemas = connection.scalars(text(_VERSION_TABLES), parameters).all()
    found: dict[str, str] = {}
    if schemas:
        union = "UNION ALL".join(
            _SELECT_REVISION.format(schema=schema, version_table=VERSION_TABLE)
            for schema in schemas
        )
        found = {row.schema: row.revision for row in connection.execute(text(union))}
    return {target.name: found.get(target.schema) for target in targets}


# One that the login role cannot read is no business of the others.
_VERSION_TABLES: Final = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (:schemas) AND c.relname = :table
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
"""
_SELECT_REVISION: Final = """
SELECT '{schema}' AS schema, string_agg(version_num, ', ') AS revision
FROM "{schema}".{version_table}
"""
