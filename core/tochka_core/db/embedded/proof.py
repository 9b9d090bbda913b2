"""Whether a process is really the server of a folder.

`postmaster.pid` is only a note: after a crash or a reboot its number may be any stranger's.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tochka_core.errors import OperatorError

_SERVER_NAMES = {"postgres", "postmaster"}
# The note is written moments after the process is born, so a process born later than it has
# inherited the number. The clocks behind both are rounded to seconds and may be nudged.
_BORN_LATER_SECONDS = 60.0
# Written after the server has its memory: https://www.postgresql.org/docs/current/storage-file-layout.html
_STATUS_LINE = 8


@dataclass(frozen=True, slots=True)
class PidFile:
    """What `postmaster.pid` claims; *started_at* is in seconds since 1970, if written yet.

    A server *holds_memory* once it has written its status: before, it may still meet what is left
    of one that was killed, and end.
    """

    pid: int
    started_at: float | None
    holds_memory: bool


def find_server(cluster: Path) -> psutil.Process | None:
    """Return the living server of *cluster*, or `None` when there is none.

    Raises:
        OperatorError: a process might be it, but cannot be proved to; nothing may be assumed
            about it then, neither that it may be signalled nor that it is gone.
    """
    note = read_pid_file(cluster / "postmaster.pid")
    process = find_process(note.pid) if note else None
    if note is None or process is None:
        return None
    try:
        if process.uids().effective != cluster.stat().st_uid:
            return None
        if process.name() not in _SERVER_NAMES or not _is_in(process, cluster):
            return None
        is_doubtful = (
            note.started_at is not None
            and process.create_time() > note.started_at + _BORN_LATER_SECONDS
        )
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        is_doubtful = True
    if is_doubtful:
        raise OperatorError(
            f"Process {note.pid} may or may not be the PostgreSQL of {cluster}: "
            f"look at it and end it yourself (kill -INT {note.pid}), then try again."
        )
    return process


def find_process(pid: int) -> psutil.Process | None:
    """Return the process *pid* if it lives. One that has ended is reaped if it is our child."""
    try:
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return process
    except psutil.NoSuchProcess:
        return None
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return None


def read_pid_file(path: Path) -> PidFile | None:
    """Return what the file says, or `None` where it is missing or says no number."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().lstrip("-").isdigit():
        return None
    started_at = lines[2].strip() if len(lines) > 2 else ""  # noqa: PLR2004 - its third line
    # A server in single-user mode writes its number with a minus sign.
    return PidFile(
        pid=abs(int(lines[0])),
        started_at=float(started_at) if started_at.isdigit() else None,
        holds_memory=len(lines) >= _STATUS_LINE,
    )


def _is_in(process: psutil.Process, cluster: Path) -> bool:
    # Not the -D argument: the server enters its folder before it writes the note, and the
    # working folder stays right when the data folder is renamed or reached by a link.
    try:
        return Path(process.cwd()).samefile(cluster)
    except FileNotFoundError:
        return False
