"""How a worker tells its supervisor that it can take requests: a file named after its process."""

import os
from pathlib import Path
from typing import Final

_VARIABLE: Final = "_TOCHKA_READY_FOLDER"
"""Set by the supervisor for its workers; nobody else sets it."""


def share_folder(folder: Path) -> None:
    """Let the workers that are started from now on announce themselves in *folder*."""
    os.environ[_VARIABLE] = str(folder)


def announce() -> None:
    """Tell the supervisor, if there is one, that this process can take requests."""
    if folder := os.environ.get(_VARIABLE):
        _file(Path(folder), os.getpid()).touch()


def has_announced(folder: Path, pid: int) -> bool:
    """Tell whether the process *pid* can take requests."""
    return _file(folder, pid).exists()


def forget(folder: Path, pid: int) -> None:
    """Remove what the process *pid* has left, as its number may be given again."""
    _file(folder, pid).unlink(missing_ok=True)


def _file(folder: Path, pid: int) -> Path:
    return folder / f"{pid}.ready"
