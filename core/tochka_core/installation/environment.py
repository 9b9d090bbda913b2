"""One change of this environment at a time, whole or not at all."""

import fcntl
import os
import sysconfig
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from tochka_core.errors import OperatorError
from tochka_core.installation.snapshot import Snapshot

_FOLDER: Final = "tochka-rollback"
_AT_REST: Final = b"at rest"
_POLL_SECONDS: Final = 0.1


class EnvironmentBusy(OperatorError):
    """Another process changes the environment."""

    def __init__(self) -> None:
        super().__init__("Another command changes this environment; try again when it has ended.")


class Change:
    """A change of the environment that goes on."""

    def __init__(self, snapshot: Snapshot, lock: BinaryIO) -> None:
        """Undo it by *snapshot*; others see by *lock* that it goes on."""
        self._snapshot = snapshot
        self._lock = lock

    def go_forward(self) -> None:
        """Let what is installed now stay if we are killed from here on: it is whole."""
        self._snapshot.go_forward()

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Replace nothing in the block, so that those who read the environment need not wait."""
        os.pwrite(self._lock.fileno(), _AT_REST, 0)
        try:
            yield
        finally:
            os.ftruncate(self._lock.fileno(), 0)


@contextmanager
def changing_environment(paths: Iterable[Path]) -> Iterator[Change]:
    """Change the files at *paths*; nobody else changes any in the meantime.

    What an earlier change left half-done, because it was killed, is undone first. An error inside
    the block undoes what the block has done.

    Raises:
        OperatorError: the environment is not ours to change, or cannot be written to.
        EnvironmentBusy: somebody else changes it.
    """
    folder = _folder()
    if not os.access(folder.parent, os.W_OK):
        raise OperatorError(f"{folder.parent} cannot be written to; run this as its owner.")
    with _open_lock(folder) as lock:
        # A child that we leave at work when we are killed, such as pip, holds it on.
        os.set_inheritable(lock.fileno(), True)  # noqa: FBT003 - positional only
        if not _acquire(lock):
            raise EnvironmentBusy
        snapshot = Snapshot(folder)
        try:
            if snapshot.is_complete:
                snapshot.restore()
            snapshot.take(paths)
        except OSError as error:
            raise OperatorError(f"The environment cannot be changed: {error}.") from error
        try:
            yield Change(snapshot, lock)
        except OSError as error:
            _restore(snapshot)
            raise OperatorError(f"The environment was put back as it was: {error}.") from error
        except BaseException:
            _restore(snapshot)
            raise
        snapshot.discard()


def _restore(snapshot: Snapshot) -> None:
    try:
        snapshot.restore()
    except OSError as error:
        raise OperatorError(
            f"The environment is half changed and cannot be put back: {error}. When that is mended"
            " run tochka upgrade, which puts it back first."
        ) from error


def settle_environment() -> bool:
    """Wait while files are replaced, undo a change that was killed; tell whether one was.

    A change that is at rest is not waited for. Where the environment is not ours to write to,
    nothing is done.

    Raises:
        OperatorError: the environment cannot be put back.
    """
    folder = _folder()
    path = _lock_path(folder)
    if not (path.exists() and os.access(folder.parent, os.W_OK)):
        return False
    with path.open("r+b") as lock:
        while not _acquire(lock):
            if os.pread(lock.fileno(), len(_AT_REST), 0) == _AT_REST:
                return False
            time.sleep(_POLL_SECONDS)
        snapshot = Snapshot(folder)
        if not snapshot.is_complete:
            snapshot.discard()
            return False
        _restore(snapshot)
        return True


def _open_lock(folder: Path) -> BinaryIO:
    path = _lock_path(folder)
    try:
        path.touch()
        return path.open("r+b")
    except OSError as error:
        raise OperatorError(f"The environment cannot be changed: {error}.") from error


def _acquire(lock: BinaryIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # Whoever was killed at rest has left it said so.
    os.ftruncate(lock.fileno(), 0)
    return True


def _folder() -> Path:
    return Path(sysconfig.get_path("purelib")).parent / _FOLDER


def _lock_path(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")
