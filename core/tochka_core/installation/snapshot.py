"""Putting an environment back as it was, also after this process was killed in between."""

import fcntl
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tochka_core.errors import OperatorError

_FOLDER: Final = "tochka-rollback"
_COMPLETE: Final = "complete"


class EnvironmentBusy(OperatorError):
    """Another process changes the environment."""

    def __init__(self) -> None:
        super().__init__("Another command changes this environment; try again when it has ended.")


class Snapshot:
    """The files of this environment as they were.

    They are kept as hard links: pip replaces files and does not write into them.
    """

    def __init__(self, roots: list[Path], folder: Path) -> None:
        """Keep the files under *roots* in *folder*, on the same file system."""
        self._roots = roots
        self._folder = folder

    def take(self) -> None:
        """Keep all files."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for number, root in enumerate(self._roots):
            for path in self._files(root):
                kept = self._folder / str(number) / path.relative_to(root)
                kept.parent.mkdir(parents=True, exist_ok=True)
                os.link(path, kept, follow_symlinks=False)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / _COMPLETE).touch()

    @property
    def is_complete(self) -> bool:
        """All files are kept."""
        return (self._folder / _COMPLETE).exists()

    def restore(self) -> bool:
        """Remove what has come since, put back what was changed or has gone; keep nothing."""
        for number, root in enumerate(self._roots):
            kept = self._folder / str(number)
            wanted = {path.relative_to(kept) for path in self._files(kept)}
            for path in list(self._files(root)):
                if path.relative_to(root) not in wanted:
                    path.unlink()
                    _remove_empty(path.parent)
            for relative in wanted:
                _put_back(kept / relative, root / relative)
        self.discard()
        return True

    def discard(self) -> None:
        """Keep nothing any longer."""
        # First: what is half gone must not be restored.
        (self._folder / _COMPLETE).unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _files(self, root: Path) -> Iterator[Path]:
        for folder, subfolders, files in os.walk(root):
            here = Path(folder)
            subfolders[:] = [name for name in subfolders if here / name != self._folder]
            links = [name for name in subfolders if (here / name).is_symlink()]
            yield from (here / name for name in (*files, *links))


def _put_back(kept: Path, path: Path) -> None:
    if os.path.lexists(path):
        if os.path.samestat(path.lstat(), kept.lstat()):
            return
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    os.link(kept, path, follow_symlinks=False)


def _remove_empty(folder: Path) -> None:
    while not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


@contextmanager
def changing_environment() -> Iterator[Snapshot]:
    """Yield what can put the environment back; nobody else changes it in the meantime.

    What an earlier change left half-done, because it was killed, is undone first. An error inside
    the block undoes what the block has done.

    Raises:
        OperatorError: the environment is not ours to change.
        EnvironmentBusy: somebody else changes it.
    """
    folder = _folder()
    if not os.access(folder.parent, os.W_OK):
        raise OperatorError(f"{folder.parent} cannot be written to; run this as its owner.")
    with _lock(folder):
        snapshot = Snapshot(_roots(), folder)
        if snapshot.is_complete:
            snapshot.restore()
        snapshot.take()
        try:
            yield snapshot
        except BaseException:
            if snapshot.is_complete:
                snapshot.restore()
            raise
        snapshot.discard()


def undo_interrupted_change() -> bool:
    """Put the environment back if a change of it was killed half-way; tell whether it was.

    Waits for a change that goes on.
    """
    folder = _folder()
    snapshot = Snapshot(_roots(), folder)
    if not snapshot.is_complete or not os.access(folder, os.W_OK):
        return False
    with _lock(folder, wait=True):
        return snapshot.is_complete and snapshot.restore()


def _roots() -> list[Path]:
    """Return the folders that pip writes to."""
    if sys.prefix != sys.base_prefix:
        return [Path(sys.prefix)]
    found = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib", "scripts")}
    return sorted(found)


def _folder() -> Path:
    return Path(sysconfig.get_path("purelib")).parent / _FOLDER


@contextmanager
def _lock(folder: Path, *, wait: bool = False) -> Iterator[None]:
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 - positional only
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise EnvironmentBusy from error
        yield
