"""Where databases of tests lie: in memory, where files cost the system a quarter of the time."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - `mkdtemp` makes what is used of it
_ROOM_BYTES: Final = 2 * 2**30
"""Some 100 MB for each that runs at once; a container often has 64 MB in all."""


@contextmanager
def data_folder() -> Iterator[Path]:
    """Yield a folder for a database and what belongs to it, and remove it in the end.

    It is open to all accounts, as the one that runs a database for root may be another; the
    parents of pytest's `tmp_path` are closed to it.
    """
    folder = Path(tempfile.mkdtemp(prefix="tochka-test-", dir=_parent()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _parent() -> Path | None:
    """Return the folder in memory if it has room and runs programs, or `None` for any other."""
    if not _MEMORY.is_dir() or not os.access(_MEMORY, os.W_OK):
        return None
    has_room = shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES
    runs_programs = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
    return _MEMORY if has_room and runs_programs else None
