"""Commands as an operator runs them, on an empty database."""

import os
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs
from tochka_core.cli.group import tochka as group

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("TOCHKA_", "DATABASE_URL", "JWT_SECRET", "HOST", "PORT"))
}
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def settings(empty_database_url):
    url = empty_database_url.render_as_string(hide_password=False)
    return {"DATABASE_URL": url, "JWT_SECRET": SECRET, "TOCHKA_BCRYPT_COST": "4"}


@pytest.fixture
def tochka(tmp_path, settings):
    """Run a command against an empty database, in a process of its own."""

    def tochka(*arguments, stdin="", **environ):
        return subprocess.run(
            [sys.executable, "-P", "-m", "tochka_core", *arguments],
            input=stdin,
            env={**CLEAN, **settings, **environ},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return tochka


@pytest.fixture
def here(tmp_path, settings, monkeypatch):
    """Run a command against the same database in this process, which has all imported already."""
    monkeypatch.chdir(tmp_path)
    # The log of this process is pytest's.
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)
    for name in os.environ.keys() - CLEAN:
        monkeypatch.delenv(name)

    def here(*arguments, stdin="", **environ):
        with capture_logs():
            ran = CliRunner().invoke(group, arguments, input=stdin, env={**settings, **environ})
        if ran.exception and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        return subprocess.CompletedProcess(arguments, ran.exit_code, ran.stdout, ran.stderr)

    return here


@pytest.fixture
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
