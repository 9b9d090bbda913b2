"""The database files: made once, and never seen half made."""

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tochka_core.db.embedded.account import Account
from tochka_core.db.embedded.folder import DataFolder
from tochka_core.db.embedded.programs import Programs
from tochka_core.errors import OperatorError

# Followed by something new each time: the initdb of a killed launcher may still be writing.
_STAGING_PREFIX = "postgres.new."

SUPERUSER = "postgres"
"""The role that initdb makes; it sets up the application's role and does nothing else."""

_FAILURE = re.compile(r"\b(?:error|FATAL|PANIC):")
_TIDYING = re.compile(r"^initdb: removing ")

# Not every system has C.UTF-8; with plain C the texts are still UTF-8, only sorted by bytes.
_LOCALES = ("--locale=C.UTF-8", "--no-locale")


def ensure_cluster(
    folder: DataFolder, programs: Programs, account: Account, *, options: Mapping[str, str]
) -> None:
    """Leave in *folder* a cluster that *programs* can serve; make one where there is none.

    Raises:
        OperatorError: the cluster is of another major version or damaged, or initdb failed.
    """
    for leftover in folder.path.glob(f"{_STAGING_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if folder.cluster.exists():
        _check_version(folder.cluster, programs)
        return
    staging = Path(tempfile.mkdtemp(prefix=_STAGING_PREFIX, dir=folder.path))
    # initdb runs as the account, which cannot read the launcher's file, so it gets a copy; before
    # it gets the folder, or whatever else runs as that account could put a link in its place.
    password = staging / "password"
    password.touch(mode=0o600)
    password.write_text(ensure_password(folder.password(SUPERUSER)))
    account.own(password)
    account.own(staging)
    _run_initdb(staging, programs, account, sync=options.get("fsync") != "off")
    (staging / "cluster").rename(folder.cluster)
    _flush(folder.path)
    shutil.rmtree(staging)


def ensure_password(path: Path) -> str:
    """Return the password kept in *path*, a new random one if there is none.

    The file is readable by the launcher alone, and is never there half written.
    """
    with suppress(FileNotFoundError):
        return path.read_text().strip()
    password = secrets.token_hex(24)
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{password}\n")
        file.flush()
        os.fsync(descriptor)
    unfinished.rename(path)
    return password


def _check_version(cluster: Path, programs: Programs) -> None:
    try:
        version = (cluster / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise OperatorError(
            f"{cluster} is no PostgreSQL cluster (PG_VERSION: {error.strerror}): restore it from "
            "a backup, or set TOCHKA_DATA_DIR to another folder."
        ) from error
    if version != str(programs.major):
        raise OperatorError(
            f"{cluster} was made by PostgreSQL {version}, but the programs in {programs.folder} "
            f"are PostgreSQL {programs.major}: set TOCHKA_PG_BIN to a PostgreSQL {version}, "
            "or upgrade the cluster with pg_upgrade."
        )


def _run_initdb(staging: Path, programs: Programs, account: Account, *, sync: bool) -> None:
    arguments = [str(programs.initdb), "-D", f"{staging}/cluster", "-U", SUPERUSER, "-E", "UTF8"]
    arguments += ["--auth=scram-sha-256", f"--pwfile={staging}/password", "--data-checksums"]
    arguments += ["--no-instructions", *([] if sync else ["--no-sync"])]
    for locale in _LOCALES:
        done = account.run([*arguments, locale])
        if done.returncode == 0:
            return
        if "locale" not in done.stderr:
            break
    raise OperatorError(f"PostgreSQL could not make its files in {staging}: {_reason(done.stderr)}")


def _reason(said: str) -> str:
    """Return the line in which initdb tells why it has failed, or all but those on tidying up."""
    lines = said.strip().splitlines()
    told = [line for line in lines if not _TIDYING.search(line)] or ["it says nothing"]
    return next((line for line in told if _FAILURE.search(line)), "; ".join(told))


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
