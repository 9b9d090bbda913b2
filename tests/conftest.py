"""Wheels built from the checkout, and fresh environments to install them into."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest
from filelock import FileLock
from tochka_plugins.testing.data_folders import data_folder

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what runs in its background; the children would be deaf to Ctrl-C too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "locks" / "runtime.txt"
SHARED = "SHARED_BY_TESTS"
"""The variable that names the folder which all processes of one run of the tests share."""


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="tochka-shared-")
        os.environ[SHARED] = folder  # for the processes that this one starts
        config.add_cleanup(partial(shutil.rmtree, folder))


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

    def __init__(self, folder, *, packages=None):
        """Make it in *folder*, with pip, or with *packages*, the folder of another's."""
        self.folder = folder
        self.python = folder / "bin" / "python"
        run(sys.executable, "-m", "venv", folder, *(["--without-pip"] if packages else []))
        (self.packages,) = folder.glob("lib/python*/site-packages")
        if packages:
            shutil.copytree(packages, self.packages, symlinks=True, dirs_exist_ok=True)

    def pip(self, *arguments):
        return run(self.python, "-m", "pip", "--disable-pip-version-check", *arguments)

    def tochka(self, *arguments, **options):
        return run(self.python, "-m", "tochka_core", *arguments, **options)


def made_once(name, make):
    """Return a folder of all processes, which *make* fills for the first that asks for it."""
    folder = Path(os.environ[SHARED]) / name
    done = folder.with_suffix(".done")
    with FileLock(folder.with_suffix(".lock")):
        if not done.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.touch()
    return folder


def build_wheels(folder):
    for source in (ROOT, ROOT / "contrib_modules" / "contacts"):
        # With the locked build backend, which is here already.
        build = (sys.executable, "-m", "build", "--no-isolation", "--wheel")
        run(*build, "--outdir", folder, source)


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
def wheels():
    """The wheels of the core and of contacts, by distribution name."""
    built = made_once("wheels", build_wheels).glob("*.whl")
    return {wheel.name.split("-")[0].replace("_", "-"): wheel for wheel in built}


@pytest.fixture(scope="session")
def fresh_environment(workspace, wheels):
    """An environment with the core's wheel on the locked versions, a copy for each process."""

    def install(folder):
        environment = Environment(folder)
        environment.pip("install", "--quiet", "--require-hashes", "-r", LOCK)
        environment.pip("install", "--quiet", "--no-deps", wheels["tochka-rosta"])

    (packages,) = made_once("environment", install).glob("lib/python*/site-packages")
    return Environment(workspace / "environment", packages=packages)


@pytest.fixture
def environment(fresh_environment):
    """An environment with the core's wheel and no module."""
    yield fresh_environment
    fresh_environment.pip("uninstall", "--quiet", "--yes", "tochka-contacts")
