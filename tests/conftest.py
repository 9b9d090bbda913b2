"""Wheels built from the checkout, and fresh environments to install them into."""

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tochka_plugins.testing.data_folders import data_folder

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what runs in its background; the children would be deaf to Ctrl-C too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "locks" / "runtime.txt"


def run(*arguments, **options):
    """Run a program to its end; its output is shown when it fails."""
    result = subprocess.run(
        [str(argument) for argument in arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert result.returncode == 0, f"{arguments}\n{result.stdout}\n{result.stderr}"
    return result.stdout


class Environment:
    """A virtual environment of its own, without anything of the checkout."""

    def __init__(self, folder):
        self.folder = folder
        self.python = folder / "bin" / "python"
        run(sys.executable, "-m", "venv", folder)

    def pip(self, *arguments):
        return run(self.python, "-m", "pip", "--disable-pip-version-check", *arguments)

    def tochka(self, *arguments, **options):
        return run(self.python, "-m", "tochka_core", *arguments, **options)


@pytest.fixture(scope="session")
def workspace():
    """A folder that every account can reach, as the private database's may be another."""
    folder = Path(tempfile.mkdtemp(prefix="tochka-e2e-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data_dir():
    """Where a platform keeps its database."""
    with data_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="session")
def wheels(workspace):
    """The wheels of the core and of contacts, by distribution name."""
    folder = workspace / "wheels"
    built = {}
    for name, source in (
        ("tochka-rosta", ROOT),
        ("tochka-contacts", ROOT / "contrib_modules" / "contacts"),
    ):
        # With the locked build backend, which is here already.
        build = (sys.executable, "-m", "build", "--no-isolation", "--wheel")
        run(*build, "--outdir", folder / name, source)
        (built[name],) = (folder / name).glob("*.whl")
    return built


@pytest.fixture(scope="session")
def fresh_environment(workspace, wheels):
    environment = Environment(workspace / "environment")
    environment.pip("install", "--quiet", "--require-hashes", "-r", LOCK)
    environment.pip("install", "--quiet", "--no-deps", wheels["tochka-rosta"])
    return environment


@pytest.fixture
def environment(fresh_environment):
    """An environment with the core's wheel and no module."""
    yield fresh_environment
    fresh_environment.pip("uninstall", "--quiet", "--yes", "tochka-contacts")
