"""Commands of `tochka` in processes of their own."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tochka_plugins.testing.failure import PlatformFailure

SETTINGS: Final[Mapping[str, str]] = {
    "TOCHKA_BCRYPT_COST": "4",
    # All people of a test have one address.
    "TOCHKA_LOGIN_TRIES_PER_ADDRESS": "1000000",
    "TOCHKA_REGISTRATIONS_PER_ADDRESS": "1000000",
}
"""What suits tests where nothing else is asked for."""

_OWN: Final = ("TOCHKA_", "DATABASE_URL", "JWT_SECRET", "HOST", "PORT")


def start_tochka(
    *words: str,
    settings: Mapping[str, str],
    folder: Path,
    stderr: int = subprocess.PIPE,
    python: str = sys.executable,
) -> "subprocess.Popen[str]":
    """Start a command of `tochka` in *folder*, with *settings* and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
    return subprocess.Popen(  # noqa: S603 - our own command
        [python, "-P", "-m", "tochka_core", *words],
        env={**inherited, **settings},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def finish(command: "subprocess.Popen[str]") -> str:
    """Return what *command* prints, when it has ended.

    Raises:
        PlatformFailure: it exits with another code than 0.
    """
    with command:
        output, errors = command.communicate()
    if command.returncode != 0:
        words = command.args[3:] if isinstance(command.args, list) else [str(command.args)]
        told = f"{shlex.join(map(str, words))}: exit code {command.returncode}"
        raise PlatformFailure(f"{told}\n{output}\n{errors}")
    return output
