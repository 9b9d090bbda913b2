"""What an author can mend is told in one line."""

import pytest
from anyio.from_thread import start_blocking_portal
from tochka_core.errors import OperatorError
from tochka_core.testing.choosing import admit, name_modules
from tochka_core.testing.servers import scratch_database

ONE = "def test_it(tochka): pass\ndef test_again(tochka): pass"


def refusal_of_a_database():
    with (
        start_blocking_portal() as portal,
        pytest.raises(OperatorError) as refusal,
        scratch_database(portal),
    ):
        pass
    return str(refusal.value)


def test_a_quarantined_module(author, given_server):
    author.install("broken", {"tochka_broken/__init__.py": "", "tochka_broken/hooks.py": "1 / 0"})
    author.write("test_it.py", ONE)
    author.use(given_server)
    result = author.run_tests("-o", "tochka_modules=broken")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["broken is quarantined in phase load: ZeroDivisionError: *"])
    result.stdout.no_fnmatch_line("Traceback*")
    result.stdout.no_fnmatch_line("*/tochka_core/*")


def test_a_module_that_is_not_installed():
    with pytest.raises(OperatorError, match=r"'bookmarks' is not installed in .* pip install"):
        admit(["contacts", "bookmarks"])


def test_a_project_that_declares_no_module(tmp_path):
    with pytest.raises(OperatorError, match=r"declares no module: .* tochka_modules"):
        name_modules(tmp_path)
    project = tmp_path / "pyproject.toml"
    project.write_text('[project.entry-points."tochka.modules"]\nb = "b.hooks"\na = "a.hooks"')
    assert name_modules(tmp_path) == ["a", "b"]


def test_a_machine_without_postgresql(monkeypatch, tmp_path):
    monkeypatch.setenv("TOCHKA_PG_BIN", str(tmp_path))
    told = refusal_of_a_database()
    assert "TOCHKA_PG_BIN" in told
    assert "TOCHKA_TEST_DATABASE_URL" in told


def test_a_given_server_that_cannot_be_used(monkeypatch, server):
    lent = server.url.render_as_string(hide_password=False)
    monkeypatch.setenv("TOCHKA_TEST_DATABASE_URL", lent)
    assert "tochka is no superuser" in refusal_of_a_database()
    monkeypatch.setenv("TOCHKA_TEST_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    assert "There is no server" in refusal_of_a_database()
