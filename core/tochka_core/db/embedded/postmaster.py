"""The server process: start it, wait until it answers, stop it."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil

from tochka_core.db.embedded.account import Account
from tochka_core.db.embedded.folder import DataFolder
from tochka_core.db.embedded.proof import find_process, find_server, read_pid_file
from tochka_core.db.embedded.sockets import PORT
from tochka_core.errors import OperatorError

_T = TypeVar("_T")

# Recovery after a crash replays at most what max_wal_size holds, seconds even on slow disks.
_READY_SECONDS = 60.0
# How long the children of a killed server may take to notice and go.
_REMAINS_SECONDS = 30.0
# A fast shutdown, which writes a checkpoint; then an immediate one, which leaves that to recovery.
_STOPS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))
_POLL_SECONDS = 0.05
_MAX_LOG_BYTES = 10 * 1024 * 1024
# What a server says when it starts too early after another one, killed a moment ago.
_REMAINS = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "logging_collector": "off",
}


def start_server(
    folder: DataFolder,
    postgres: Path,
    account: Account,
    *,
    socket_folder: Path,
    options: Mapping[str, str],
) -> None:
    """Start a server that outlives this process and its terminal, and wait until it lives.

    Raises:
        OperatorError: it ended at once; the message carries the last line of its log.
    """
    settings = {**_SETTINGS, "unix_socket_directories": f'"{socket_folder}"', **options}
    arguments = [str(postgres), "-D", str(folder.cluster)]
    arguments += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    deadline = time.monotonic() + _REMAINS_SECONDS
    while True:
        log_bytes = _rotate(folder.log)
        if _comes_up(_spawn(arguments, folder.log, account), folder.cluster):
            return
        reason = last_words(folder.log, since_byte=log_bytes)
        if time.monotonic() > deadline or not any(text in reason for text in _REMAINS):
            raise OperatorError(f"PostgreSQL did not start: {reason} (more in {folder.log})")
        time.sleep(_POLL_SECONDS * 4)


def wait_for(find: Callable[[], _T | None], folder: DataFolder) -> _T:
    """Return what *find* finds once the server of *folder* answers it.

    Raises:
        OperatorError: the server ended, or has not answered for a minute.
    """
    deadline = time.monotonic() + _READY_SECONDS
    while (found := find()) is None:
        is_late = time.monotonic() > deadline
        if is_late or find_server(folder.cluster) is None:
            what = f"has not answered for {_READY_SECONDS:.0f} s" if is_late else "ended"
            raise OperatorError(
                f"PostgreSQL {what}: {last_words(folder.log)} (more in {folder.log})"
            )
        time.sleep(_POLL_SECONDS)
    return found


def stop_server(server: psutil.Process) -> bool:
    """Stop the proved *server*, cutting its connections. False if it still lives after that."""
    for how, seconds in _STOPS:
        deadline = time.monotonic() + seconds
        with suppress(ProcessLookupError):
            os.kill(server.pid, how)
        while time.monotonic() < deadline:
            if find_process(server.pid) != server:
                return True
            time.sleep(_POLL_SECONDS / 2)
    return False


def last_words(log: Path, *, since_byte: int = 0) -> str:
    """Return the last line that tells why the server failed, else its last line."""
    with log.open("rb") as file:
        file.seek(since_byte)
        lines = file.read().decode(errors="replace").split("\n")
    spoken = [line.strip() for line in lines if line.strip()]
    fatal = [line for line in spoken if "FATAL:" in line or "PANIC:" in line]
    return (fatal or spoken or ["it said nothing"])[-1]


def _spawn(arguments: list[str], log: Path, account: Account) -> int:
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        return account.spawn(arguments, output=output)
    finally:
        os.close(output)


def _comes_up(pid: int, cluster: Path) -> bool:
    deadline = time.monotonic() + _READY_SECONDS
    try:
        # Not this one perhaps, but that of a launcher that was killed before it noted its number.
        while (find_process(pid) or find_server(cluster)) and time.monotonic() < deadline:
            if find_server(cluster) and _holds_memory(cluster):
                return True
            time.sleep(_POLL_SECONDS)
    except BaseException:
        # Ctrl-C before the server has noted its number, by which whoever leaves would find it.
        # Being our child not yet waited for, it is the one that bears that number.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        raise
    return False


def _holds_memory(cluster: Path) -> bool:
    note = read_pid_file(cluster / "postmaster.pid")
    return note is not None and note.holds_memory


def _rotate(log: Path) -> int:
    size = log.stat().st_size if log.exists() else 0
    if size <= _MAX_LOG_BYTES:
        return size
    log.replace(log.with_suffix(".log.1"))
    return 0
