"""Putting an environment back as it was, also after this process was killed in between."""

import fcntl
import os
import shutil
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from tochka_core.errors import OperatorError

_FOLDER: Final = "tochka-rollback"
_JOURNAL: Final = "journal.json"


class EnvironmentBusy(OperatorError):
    """Another process changes the environment."""

    def __init__(self) -> None:
        super().__init__("Another command changes this environment; try again when it has ended.")


class Snapshot:
    """Some files of this environment as they were; the others are nobody's business.

    They are kept as hard links: pip replaces files and does not write into them.
    """

    def __init__(self, folder: Path) -> None:
        """Keep files in *folder*, on their own file system."""
        self._folder = folder
        self._journal = folder / _JOURNAL

    @property
    def is_complete(self) -> bool:
        """All files are kept."""
        return self._journal.exists()

    def take(self, paths: Iterable[Path]) -> None:
        """Keep the files at *paths*, and remember where there is none."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        kept: dict[str, str | None] = {}
        for number, path in enumerate(sorted(paths)):
            kept[str(path)] = None
            if os.path.lexists(path):
                kept[str(path)] = str(number)
                os.link(path, self._folder / str(number), follow_symlinks=False)
        draft = self._journal.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(kept))
        draft.replace(self._journal)

    def restore(self) -> bool:
        """Put back what was changed or has gone, remove what has come since; keep nothing."""
        journal = msgspec.json.decode(self._journal.read_bytes(), type=dict[str, str | None])
        for place, name in journal.items():
            path = Path(place)
            if name is None:
                _remove(path)
            else:
                _put_back(self._folder / name, path)
        _remove_what_pip_set_aside(self._folder.parent / "site-packages")
        self.discard()
        return True

    def discard(self) -> None:
        """Keep nothing any longer."""
        # First: what is half gone must not be restored.
        self._journal.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def _put_back(kept: Path, path: Path) -> None:
    if os.path.lexists(path):
        if os.path.samestat(path.lstat(), kept.lstat()):
            return
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    os.link(kept, path, follow_symlinks=False)


def _remove(path: Path) -> None:
    if not path.parent.is_dir():
        return
    path.unlink(missing_ok=True)
    compiled = path.parent / "__pycache__"
    for file in compiled.glob(f"{path.stem}.*.pyc") if path.suffix == ".py" else ():
        file.unlink()
    for folder in (compiled, path.parent):
        _remove_empty(folder)


def _remove_empty(folder: Path) -> None:
    while folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _remove_what_pip_set_aside(site_packages: Path) -> None:
    """Remove the folders under whose names pip hides what it replaces until it has ended."""
    for folder in site_packages.glob("~*"):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def changing_environment(paths: Iterable[Path]) -> Iterator[Snapshot]:
    """Yield what can put the files at *paths* back; nobody else changes them in the meantime.

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
        snapshot = Snapshot(folder)
        if snapshot.is_complete:
            snapshot.restore()
        snapshot.take(paths)
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
    snapshot = Snapshot(_folder())
    if not snapshot.is_complete or not os.access(_folder(), os.W_OK):
        return False
    with _lock(_folder(), wait=True):
        return snapshot.is_complete and snapshot.restore()


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
