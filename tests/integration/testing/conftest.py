"""Sessions of pytest as an author of a module runs them: in a process of their own."""

import os
import zipfile

import pytest
from wheels import write_wheel

LIKE_AN_AUTHOR = """
[tool.pytest.ini_options]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
filterwarnings = ["error"]
"""


@pytest.fixture
def author(pytester, monkeypatch):
    """A folder with an author's tests; modules that are installed for its sessions alone."""
    for variable in [*os.environ]:
        if variable.startswith(("TOCHKA_", "PYTEST_XDIST")):
            monkeypatch.delenv(variable)
    return Author(pytester, monkeypatch)


@pytest.fixture
def given_server(server, template):
    """A server for an author's sessions, with roles that our own tests may grant all the same."""
    return server


class Author:
    def __init__(self, pytester, monkeypatch):
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        self._site = pytester.mkdir("site")
        monkeypatch.setenv("PYTHONPATH", str(self._site))
        self.write("pyproject.toml", LIKE_AN_AUTHOR)

    def write(self, path, text):
        file = self._pytester.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def install(self, name, files):
        """Install a module of which *files* are the sources by path."""
        with zipfile.ZipFile(
            write_wheel(
                self._pytester.path,
                f"tochka-{name}",
                files,
                entry_points={name: f"tochka_{name}.hooks"},
            )
        ) as wheel:
            wheel.extractall(self._site)

    def use(self, server):
        """Let the sessions make their databases on a server that is there."""
        address = server.superuser_url.render_as_string(hide_password=False)
        self._monkeypatch.setenv("TOCHKA_TEST_DATABASE_URL", address)

    def run_tests(self, *arguments):
        plugins = ("-p", "no:schemathesis", "-p", "no:cacheprovider")
        return self._pytester.runpytest_subprocess(*plugins, "--import-mode=importlib", *arguments)
