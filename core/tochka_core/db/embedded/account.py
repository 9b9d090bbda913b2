"""The operating system's account that runs PostgreSQL's programs."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tochka_core.errors import OperatorError

if sys.platform != "win32":
    import pwd

# The first that exists: the distribution's own PostgreSQL account, else the one every POSIX has.
_ACCOUNTS_FOR_ROOT = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An account that PostgreSQL accepts: never root, which it refuses to run as."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether the programs must change to this account, which root alone may do."""
        return self.uid != os.geteuid()

    def run(self, arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program as this account to its end.

        Raises:
            OSError: the account may not execute the program.
        """
        return subprocess.run(  # noqa: S603 - the arguments are our own
            arguments, check=False, capture_output=True, text=True, **self._manner()
        )

    def spawn(self, arguments: Sequence[str | Path], *, output: int) -> int:
        """Start a program as this account that outlives this process; return its number.

        Ctrl-C in the launcher's terminal does not reach it. What it says goes to the open file
        *output*.

        Raises:
            OSError: the account may not execute the program.
        """
        process = subprocess.Popen(  # noqa: S603 - the arguments are our own
            arguments, stdout=output, stderr=output, start_new_session=True, **self._manner()
        )
        # It is meant to be left behind, of which Popen would warn; `find_process` reaps it.
        process.returncode = 0
        return process.pid

    def _manner(self) -> dict[str, Any]:
        switch = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}
        # From the root folder: the account may not be able to enter the caller's.
        manner = {"cwd": "/", "env": _environment(), "stdin": subprocess.DEVNULL, "umask": 0o077}
        return {**manner, **switch}

    def can_enter(self, folder: Path) -> bool:
        """Whether this account may reach what lies in *folder*, by whatever rule the system has."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0

    def own(self, path: Path) -> None:
        """Give *path*, which the launcher has just made, to this account."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)


def choose_account(name: str | None = None, *, owner_uid: int | None = None) -> Account:
    """Return the account to run PostgreSQL as.

    For an ordinary user that is the user. Root gets *name*, else the owner of a cluster that
    exists (*owner_uid*), else `postgres`, else `nobody`.

    Raises:
        OperatorError: the account does not exist, is root, or cannot be changed to.
    """
    if os.geteuid() != 0:
        current = _find_account(os.geteuid()) or Account("", os.geteuid(), os.getegid())
        if name not in {None, current.name}:
            raise OperatorError(
                f"Only root can run PostgreSQL as another account: unset TOCHKA_PG_USER ({name})."
            )
        return current
    wanted = [name] if name else [owner_uid] if owner_uid else list(_ACCOUNTS_FOR_ROOT)
    found = next(filter(None, map(_find_account, wanted)), None)
    if found is None:
        raise OperatorError(
            f"There is no account {wanted[0]} to run PostgreSQL as: set TOCHKA_PG_USER to one."
        )
    if found.uid == 0:
        raise OperatorError(
            f"PostgreSQL refuses to run as {found.name} (uid 0): "
            "set TOCHKA_PG_USER to an unprivileged account."
        )
    return found


def _find_account(key: str | int) -> Account | None:
    try:
        entry = pwd.getpwuid(key) if isinstance(key, int) else pwd.getpwnam(key)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _environment() -> dict[str, str]:
    # PGDATA and its kin would redirect the programs; a foreign LC_ALL would translate the
    # messages that `postmaster` looks for in the log.
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C"}
