"""The revisions of a target: those in its folder, and the one that its schema is at."""

from collections.abc import Mapping, Sequence
from typing import Final

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tochka_migrations.targets import HERE, VERSION_TABLE, Target


def config_for(connection: Connection, target: Target) -> Config:
    """Return the Alembic configuration for one target, for Alembic's own commands."""
    config = Config(attributes={"connection": connection, "target": target})
    config.set_main_option("script_location", _escaped(HERE))
    config.set_main_option("version_locations", _escaped(target.versions))
    # A newline is the one separator that no sane path contains.
    config.set_main_option("path_separator", "newline")
    return config


def head_of(target: Target) -> str | None:
    """Return the newest revision in the target's folder.

    Raises:
        alembic.util.CommandError: there are two heads, or a revision cannot be imported.
    """
    script = ScriptDirectory(str(HERE), version_locations=[str(target.versions)])
    return script.get_current_head()


def revisions_of(target: Target) -> list[str]:
    """Return the revisions in the target's folder, the first one first."""
    script = ScriptDirectory(str(HERE), version_locations=[str(target.versions)])
    return [known.revision for known in script.walk_revisions()][::-1]


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


def _escaped(path: object) -> str:
    """Return *path* for a ConfigParser, which interpolates percent signs."""
    return str(path).replace("%", "%%")


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
