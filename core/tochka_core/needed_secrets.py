"""Whether the settings hold the secrets that what the database keeps is useless without."""

from collections.abc import Sequence

from sqlalchemy import Connection
from tochka_migrations.rls import all_rows

from tochka_core.db.maintenance import maintenance_engine
from tochka_core.encryption.standing import describe_keys, find_lack_of_keys
from tochka_core.encryption.usage import find_keys_in_use
from tochka_core.passwords.standing import (
    describe_pepper,
    find_lack_of_pepper,
    find_peppers_in_use,
)
from tochka_core.registry.events import Finding
from tochka_core.settings import Settings


async def find_lacks(settings: Settings) -> Sequence[str]:
    """Return a sentence for each secret that is needed and lost, or another than it was."""
    async with maintenance_engine(settings.engine_url) as engine, engine.connect() as connection:
        found = await connection.run_sync(judge_secrets, settings)
    return [finding.detail for finding in found if not finding.is_ok]


def judge_secrets(connection: Connection, settings: Settings) -> Sequence[Finding]:
    """Compare the secrets that are set with those that are needed; the core's tables are there."""
    with all_rows(connection):
        keys, peppers = find_keys_in_use(connection), find_peppers_in_use(connection)
    ring, pepper = settings.encryption_ring, settings.password_pepper
    return [
        _judge("encryption", find_lack_of_keys(keys, ring), describe_keys(keys, ring)),
        _judge("passwords", find_lack_of_pepper(peppers, pepper), describe_pepper(peppers, pepper)),
    ]


def _judge(subject: str, lack: str | None, else_: str) -> Finding:
    return Finding(subject, is_ok=lack is None, detail=lack or else_)
