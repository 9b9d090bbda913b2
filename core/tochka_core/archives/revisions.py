"""Which revision the schemas are at that an archive is made from, or goes into."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, text
from tochka_migrations import core_target
from tochka_migrations.current import current_revisions
from tochka_migrations.targets import CORE_TARGET, module_target

from tochka_core.db.maintenance import maintenance_engine

_MODULES: Final = """
SELECT substr(nspname, 5) FROM pg_namespace WHERE nspname LIKE 'mod\\_%'
"""


async def read_revisions(url: URL) -> Mapping[str, str | None]:
    """Return the revision of the core (`core`) and of every module that has a schema, by name."""
    async with maintenance_engine(url) as engine, engine.connect() as connection:
        return await connection.run_sync(_read)


def core_revision(revisions: Mapping[str, str | None]) -> str | None:
    """Return what the core's own schema is at."""
    return revisions[CORE_TARGET]


def _read(connection: Connection) -> Mapping[str, str | None]:
    names = connection.scalars(text(_MODULES)).all()
    modules = [module_target(name, Path(), requires=frozenset(), metadata=None) for name in names]
    return current_revisions(connection, [core_target(), *modules])
