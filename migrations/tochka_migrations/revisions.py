"""The revisions of a target: those in its folder, and the one that its schema is at."""

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tochka_migrations.targets import HERE, Target


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


def _escaped(path: object) -> str:
    """Return *path* for a ConfigParser, which interpolates percent signs."""
    return str(path).replace("%", "%%")
