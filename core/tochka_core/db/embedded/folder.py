"""The data folder: whether it is ours, and what lies where in it."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tochka_core.errors import OperatorError

_MARKER_TEXT = """\
This folder holds the private PostgreSQL of tochka-rosta. Remove it only as a whole, and only
while no tochka command runs: everything the application has stored is in it.
"""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The names of what lies in a data folder."""

    path: Path

    @property
    def marker(self) -> Path:
        """The first file written, by which a folder of ours is known."""
        return self.path / "TOCHKA_DATA_DIR"

    @property
    def cluster(self) -> Path:
        """The database files; the server's account owns them."""
        return self.path / "postgres"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.path / "postgres.log"

    @property
    def lease(self) -> Path:
        """The lock that every user of the server shares."""
        return self.path / "lease"

    @property
    def start(self) -> Path:
        """The lock of whoever starts or stops the server."""
        return self.path / "start"

    @property
    def programs(self) -> Path:
        """Copies of PostgreSQL's programs, for an account that cannot reach the installed ones."""
        return self.path / "programs"

    def password(self, role: str) -> Path:
        """Return the file with the password of *role*, readable by the launcher alone."""
        return self.path / f"{role}.password"


def has_cluster(data_dir: Path) -> bool:
    """Tell whether *data_dir* holds a database; nothing is made or touched."""
    return DataFolder(data_dir.expanduser()).cluster.exists()


def claim_folder(data_dir: Path) -> DataFolder:
    """Return the data folder, made and marked as ours if it was missing or empty.

    Raises:
        OperatorError: it is a file, somebody else's, not writable, or full of other things;
            nothing in it was touched.
    """
    folder = DataFolder(Path(os.path.realpath(data_dir.expanduser())))
    try:
        _create(folder.path)
        _refuse_foreign(folder)
        if not folder.marker.exists():
            folder.marker.write_text(_MARKER_TEXT)
    except OSError as error:
        raise OperatorError(
            f"The data folder {folder.path} cannot be used ({error.strerror}): "
            "set TOCHKA_DATA_DIR to a folder that you can write to."
        ) from error
    return folder


def _create(path: Path) -> None:
    # Root's server runs as another account, which must pass through; nobody else lists it.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    missing = [place for place in (path, *path.parents) if not place.exists()]
    for place in reversed(missing):
        # Made by another launcher meanwhile: its mode is not ours to change.
        with suppress(FileExistsError):
            place.mkdir()
            place.chmod(mode)
    if not path.is_dir():
        raise OperatorError(f"{path} is not a folder: set TOCHKA_DATA_DIR to a folder.")


def _refuse_foreign(folder: DataFolder) -> None:
    # The marker is looked for last: another launcher may be marking the empty folder just now.
    if _holds_anything(folder.path) and not folder.marker.exists():
        raise OperatorError(
            f"{folder.path} holds files that are not tochka's: "
            "set TOCHKA_DATA_DIR to a new or an empty folder."
        )
    if folder.marker.exists() and folder.marker.stat().st_uid != os.geteuid():
        raise OperatorError(
            f"The data folder {folder.path} belongs to uid {folder.marker.stat().st_uid}: run "
            "tochka as that user, or set TOCHKA_DATA_DIR to another folder."
        )
    if not os.access(folder.path, os.W_OK | os.X_OK):
        raise OperatorError(
            f"The data folder {folder.path} is not writable: "
            "set TOCHKA_DATA_DIR to a folder that you can write to."
        )


def _holds_anything(path: Path) -> bool:
    # The root folder of an ext4 disk is never quite empty.
    return any(entry.name != "lost+found" for entry in path.iterdir())
