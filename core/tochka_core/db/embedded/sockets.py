"""The folder of the server's socket: inside the data folder, or a short one where that is long."""

import hashlib
import re
import socket
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

from tochka_core.db.embedded.account import Account
from tochka_core.errors import OperatorError

PORT = 5432
"""A number in the socket's name only: the server listens on no network address."""

_NAME = f".s.PGSQL.{PORT}"
# sun_path in <sys/un.h>, less its closing zero byte.
_MAX_PATH_BYTES = 107 if sys.platform == "linux" else 103
# A comma, a colon or a quote has a meaning in the server's setting or in a database URL.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._@+-]+")
# Not tempfile.gettempdir(): two launchers with different TMPDIR must find the same socket.
_SHORT_PARENT = Path("/tmp")  # noqa: S108 - the folder in it is verified to be ours
_LINGER_SECONDS = 2.0


def socket_folder(data_dir: Path) -> Path:
    """Return where the socket of the server in *data_dir* is, the same for every launcher."""
    inside = data_dir / "socket"
    path = str(inside / _NAME)
    if len(path.encode()) <= _MAX_PATH_BYTES and _PLAIN_PATH.fullmatch(path):
        return inside
    digest = hashlib.sha256(str(data_dir).encode(errors="surrogateescape")).hexdigest()
    return _SHORT_PARENT / f"tochka-{digest[:16]}"


def create_socket_folder(folder: Path, account: Account) -> None:
    """Make *folder* private to the server's account.

    Raises:
        OperatorError: something of that name exists and is not the account's private folder.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        account.own(folder)
    found = folder.lstat()
    is_private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) & 0o077 == 0
    if not is_private or found.st_uid != account.uid:
        raise OperatorError(
            f"{folder} is not a private folder of the account {account.name}: remove it, or set "
            "TOCHKA_DATA_DIR to another folder."
        )


def remove_stale_socket(folder: Path) -> None:
    """Remove what a killed server left in *folder*, but never from under a living one.

    Raises:
        OperatorError: a server answers there although no process of this system is it.
    """
    deadline = time.monotonic() + _LINGER_SECONDS
    # The child of a killed server may hold its socket for the moment between fork and close.
    while _answers(folder / _NAME):
        if time.monotonic() > deadline:
            raise OperatorError(
                f"Another server answers in {folder}, perhaps in a container that shares the "
                "folder: stop it, or set TOCHKA_DATA_DIR to another folder."
            )
        time.sleep(0.05)
    for name in (_NAME, f"{_NAME}.lock"):
        (folder / name).unlink(missing_ok=True)


def remove_short_folder(folder: Path) -> None:
    """Leave nothing in the system's folder for temporary files once the server has stopped."""
    if folder.parent == _SHORT_PARENT:
        with suppress(OSError):
            folder.rmdir()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
