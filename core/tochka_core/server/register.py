"""The servers that run from this environment: how a command finds them and asks for a reload.

Each keeps a file locked while it lives, so that what a dead one has left is never taken for it,
nor its number for another process's.
"""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import msgspec
import structlog

from tochka_core.settings import Settings

_log = structlog.get_logger(__name__)

_POLL_SECONDS: Final = 0.1
_DOCUMENT_BYTES: Final = 4096


class Status(msgspec.Struct):
    """What a server tells of itself."""

    pid: int
    environment: str
    """`sys.prefix` of its Python."""
    has_started: bool = False
    """It may be signalled: before, SIGHUP would end it."""
    begun: int = 0
    """How many reloads have begun."""
    ended: int = 0
    """How many of them are over."""
    has_reloaded: bool = True
    """The last one has replaced all workers."""


class Entry:
    """The entry of the server that runs in this process."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        """Tell what is new by *write*."""
        self._write = write
        self._status = Status(os.getpid(), sys.prefix)
        self._tell()

    def started(self) -> None:
        """Tell that a reload can be asked for."""
        self._status.has_started = True
        self._tell()

    def reload_began(self) -> None:
        """Tell that the modules are judged anew."""
        self._status.begun += 1
        self._tell()

    def reload_ended(self, *, success: bool) -> None:
        """Tell what became of it."""
        self._status.ended = self._status.begun
        self._status.has_reloaded = success
        self._tell()

    def _tell(self) -> None:
        # Of one length: a reader finds the old document or the new one, whole.
        self._write(msgspec.json.encode(self._status).ljust(_DOCUMENT_BYTES))


@contextmanager
def registered(settings: Settings) -> Iterator[Entry]:
    """Keep an entry for the server of this process, while inside.

    Where it cannot be written the server runs all the same, and no command finds it.
    """
    try:
        file = _open_entry(_folder(settings))
    except OSError as error:
        _log.warning("commands will not find this server to reload it", reason=str(error))
        yield Entry(lambda _document: None)
        return
    with file:
        try:
            yield Entry(lambda document: os.pwrite(file.fileno(), document, 0))
        finally:
            Path(file.name).unlink(missing_ok=True)


def _open_entry(folder: Path) -> TextIO:
    """Return the locked file for this process; remove those of servers that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.glob("*.json"):
        if not _runs(int(other.stem)):
            other.unlink(missing_ok=True)
    file = (folder / f"{os.getpid()}.json").open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def find_servers(settings: Settings) -> list[Status]:
    """Return the servers with the data folder of *settings* that run from this environment."""
    found = (_read(path) for path in sorted(_folder(settings).glob("*.json")))
    return [status for status in found if status and status.environment == sys.prefix]


def reload(settings: Settings, server: Status) -> bool:
    """Have *server* judge anew and replace its workers; tell whether it has replaced all.

    A reload that is under way does not count, as what it has judged may be older; any later one
    does, whoever has asked for it.
    """
    path = _folder(settings) / f"{server.pid}.json"
    before = _wait(path, lambda status: status.has_started)
    if before is None:
        return False
    os.kill(server.pid, signal.SIGHUP)
    after = _wait(path, lambda status: status.ended > before.begun)
    return after is not None and after.has_reloaded


def _wait(path: Path, condition: Callable[[Status], bool]) -> Status | None:
    """Return the status in *path* once it meets *condition*; `None` if the server ends before."""
    while status := _read(path):
        if condition(status):
            return status
        time.sleep(_POLL_SECONDS)
    return None


def _read(path: Path) -> Status | None:
    """Return what is in *path* if the server that wrote it still runs."""
    try:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return msgspec.json.decode(file.read(), type=Status)
    except FileNotFoundError:
        pass
    return None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _folder(settings: Settings) -> Path:
    data_dir = settings.data_folder
    return data_dir.with_name(f"{data_dir.name}.servers")
