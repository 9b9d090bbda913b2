"""What is migrated: the core and each module, a schema and a version table each."""

from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import MetaData
from tochka_plugins.schemas import CORE_SCHEMA, schema_of

HERE: Final = Path(__file__).parent
CORE_VERSIONS: Final = HERE / "versions"
CORE_TARGET: Final = "core"
VERSION_TABLE: Final = "alembic_version"


class Target(msgspec.Struct, frozen=True):
    """One line of revisions and the schema that it builds."""

    name: str
    schema: str
    versions: Path
    """The folder of the revision files."""
    requires: frozenset[str] = frozenset()
    """The targets that must be at their head first; the core always is."""
    metadata: MetaData | None = None
    """The tables as the models declare them, for comparison."""
    is_core: bool = False
    """The core's tables are out of reach of the tenants' role; a module's are not."""


def core_target(metadata: MetaData | None = None) -> Target:
    """Return the target of the core's own schema."""
    return Target(
        name=CORE_TARGET,
        schema=CORE_SCHEMA,
        versions=CORE_VERSIONS,
        metadata=metadata,
        is_core=True,
    )


def module_target(
    name: str, versions: Path, *, requires: frozenset[str], metadata: MetaData | None
) -> Target:
    """Return the target of a module's schema."""
    return Target(
        name=name, schema=schema_of(name), versions=versions, requires=requires, metadata=metadata
    )
