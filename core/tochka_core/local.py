"""The database that a command works on: the given one, or a private one for as long as it runs.

What runs a private one is imported where there is one, as it takes SQLAlchemy.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final

import msgspec

from tochka_core.errors import OperatorError
from tochka_core.settings import MIN_SECRET_BYTES, Settings

_LENT: Final = "_TOCHKA_LENT_DATA_DIR"
"""The data folder of the private database that DATABASE_URL names; set by `lend_database`."""


@contextmanager
def running_database(settings: Settings, *, make: bool = True) -> Iterator[Settings]:
    """Yield *settings* with a database that runs, and its secrets where it is the private one.

    These are `jwt_secret` and `encryption_keys`: they are made once and kept in the data folder.

    Where there is no private one yet it is made, unless *make* is false.

    Raises:
        OperatorError: the private database cannot be started, or is not there and not to be made.
    """
    if settings.database_url:
        with _lent_database():
            yield settings
        return
    from tochka_core.db.embedded import embedded_postgres, has_cluster  # noqa: PLC0415

    data_dir = settings.data_folder
    if not make and not has_cluster(data_dir):
        raise OperatorError(
            f"There is no private database in {data_dir}: check TOCHKA_DATA_DIR, or make one with"
            " tochka serve."
        )
    with embedded_postgres(
        data_dir, pg_bin=settings.pg_bin, account=settings.pg_user
    ) as database_url:
        yield msgspec.structs.replace(
            settings,
            data_dir=data_dir,
            database_url=database_url,
            jwt_secret=settings.jwt_secret or _local_secret(data_dir / "jwt_secret"),
            encryption_keys=(
                settings.encryption_keys or _local_secret(data_dir / "encryption_keys")
            ),
            log_messages=settings.log_messages is not False,
        )


def lend_database(running: Settings) -> None:
    """Let all children use the private database that *running* names, for as long as they run."""
    os.environ.update(environment_of(running))
    os.environ[_LENT] = str(running.data_dir)


def environment_of(running: Settings) -> dict[str, str]:
    """Return what a child has to have in its environment to work on the same database."""
    logs_messages = running.log_messages
    return {
        "DATABASE_URL": running.database_url or "",
        "JWT_SECRET": running.jwt_secret or "",
        "TOCHKA_ENCRYPTION_KEYS": running.encryption_keys or "",
        "TOCHKA_LOG_MESSAGES": "" if logs_messages is None else str(logs_messages).lower(),
    }


def _lent_database() -> AbstractContextManager[None]:
    """Keep the parent's private database, if it has lent one, from ending before this process."""
    data_dir = os.environ.get(_LENT)
    if not data_dir:
        return nullcontext()
    from tochka_core.db.embedded import shared_postgres  # noqa: PLC0415

    return shared_postgres(Path(data_dir))


def _local_secret(path: Path) -> str:
    """Return the secret in *path*, which is made once and is readable by this account only."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(MIN_SECRET_BYTES))
        try:
            # A link fails where the file exists: of two launchers at once one wins, whole.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
