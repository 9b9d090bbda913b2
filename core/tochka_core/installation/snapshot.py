"""Putting an environment back as it was, also after this process was killed in between."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

_JOURNAL: Final = "journal.json"


class Snapshot:
    """Some files of this environment as they were; the others are nobody's business.

    They are kept as hard links: pip replaces files and does not write into them. Where the file
    system has none to give, they are copied.
    """

    def __init__(self, folder: Path) -> None:
        """Keep files in *folder*, on their own file system."""
        self._folder = folder
        self._journal = folder / _JOURNAL
        self._kept: dict[str, str | None] = {}
        """What is kept of each place, `None` where there was no file."""

    @property
    def is_complete(self) -> bool:
        """All files are kept, and should be put back if we are killed."""
        return self._journal.exists()

    def take(self, paths: Iterable[Path]) -> None:
        """Keep the files at *paths*, and remember where there is none."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        for number, path in enumerate(sorted(paths)):
            is_there = os.path.lexists(path)
            self._kept[str(path)] = str(number) if is_there else None
            if is_there:
                _link(path, self._folder / str(number))
        self._write_journal()

    def go_forward(self) -> None:
        """Leave the files as they are now if we are killed from here on."""
        self._journal.unlink()

    def restore(self) -> bool:
        """Put back what was changed or has gone, remove what has come since; keep nothing."""
        if self.is_complete:
            self._kept = msgspec.json.decode(self._journal.read_bytes(), type=dict[str, str | None])
        else:
            self._write_journal()
        for place, name in self._kept.items():
            path = Path(place)
            if name is None:
                _remove(path)
            else:
                _put_back(self._folder / name, path)
        _remove_what_pip_set_aside(self._folder.parent)
        self.discard()
        return True

    def discard(self) -> None:
        """Keep nothing any longer."""
        # First: what is half gone must not be restored.
        self._journal.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write_journal(self) -> None:
        draft = self._journal.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(self._kept))
        draft.replace(self._journal)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system, or a file of another account
        shutil.copy2(source, target, follow_symlinks=False)


def _put_back(kept: Path, path: Path) -> None:
    if os.path.lexists(path):
        if os.path.samestat(path.lstat(), kept.lstat()):
            return
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    _link(kept, path)


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


def _remove_what_pip_set_aside(library: Path) -> None:
    """Remove the folders under whose names pip hides what it replaces until it has ended."""
    for folder in library.glob("*-packages/~*"):
        shutil.rmtree(folder, ignore_errors=True)
