"""`tochka modules availability`, in this process."""

import json

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs
from tochka_core.cli.group import tochka


@pytest.fixture
def modules(monkeypatch, tmp_path, settings):
    """Run a command; return its exit code and output."""
    monkeypatch.chdir(tmp_path)
    # The log of this process is pytest's.
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)
    environ = {"DATABASE_URL": settings.database_url, "TOCHKA_BCRYPT_COST": "4"}

    def modules(*words):
        with capture_logs():
            result = CliRunner().invoke(tochka, ["modules", *words], env=environ)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output.strip()

    return modules


def test_the_operator_says_who_may_enable_a_module(modules):
    assert modules("availability", "notes", "private") == (0, "notes is private.")
    code, output = modules("list", "--json")
    listed = {item["name"]: item["availability"] for item in json.loads(output)}
    assert (code, listed["notes"]) == (0, "private")
    code, output = modules("availability", "notes", "open", "--json")
    assert (code, json.loads(output)["availability"]) == (0, "open")


def test_what_there_is_not_is_told_in_one_line(modules):
    assert modules("availability", "nowhere", "open") == (1, "Error: There is no such module.")
    assert modules("availability", "notes", "free")[0] == 2
