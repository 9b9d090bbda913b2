"""`tochka modules availability`, `enable` and `disable`, in this process."""

import json

import pytest
from click.testing import CliRunner
from notes_module.tenant_acts import ACTS
from structlog.testing import capture_logs
from tochka_core.cli.group import tochka
from tochka_plugins import Conflict
from tochka_plugins.host import Assembly


@pytest.fixture
def run(monkeypatch, tmp_path, settings, notes):
    """Run a command; return its exit code and output. The test module is there."""
    monkeypatch.chdir(tmp_path)
    # The log of this process is pytest's.
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)
    environ = {"DATABASE_URL": settings.database_url, "TOCHKA_BCRYPT_COST": "4"}

    # No distribution carries it.
    monkeypatch.setattr(
        "tochka_core.cli.neighbourhood.load_ready", lambda _ready: Assembly((notes,), ())
    )

    def run(*words):
        with capture_logs():
            result = CliRunner().invoke(tochka, words, env=environ)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output.strip()

    return run


@pytest.fixture
def modules(run):
    return lambda *words: run("modules", *words)


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


def test_the_operator_enables_what_is_private_and_the_module_is_told(run, modules, monkeypatch):
    told = []
    for event in ("enabled", "disabled"):

        async def note(tenant, _session, event=event):
            told.append((tenant.name, event))

        monkeypatch.setitem(ACTS, event, note)
    assert run("tenants", "create", "acme")[0] == 0
    modules("availability", "notes", "private")
    for _ in range(2):
        assert modules("enable", "notes", "--tenant", "acme") == (0, "acme has notes.")
    code, output = modules("disable", "notes", "--tenant", "acme", "--json")
    assert (code, json.loads(output)["state"]) == (0, "private")
    assert modules("disable", "notes", "--tenant", "acme")[1] == "acme does not have notes."
    assert told == [("acme", "enabled"), ("acme", "disabled")]


def test_a_refusal_is_told_in_one_line(run, modules, monkeypatch):
    async def refuse(_tenant, _session):
        raise Conflict("Not now.")

    monkeypatch.setitem(ACTS, "enabled", refuse)
    assert modules("enable", "notes", "--tenant", "nobody")[0] == 1
    assert run("tenants", "create", "acme")[0] == 0
    assert modules("enable", "nowhere", "--tenant", "acme")[1] == "Error: There is no such module."
    assert modules("enable", "notes", "--tenant", "acme") == (1, "Error: Not now.")
    assert modules("disable", "notes", "--tenant", "acme") == (0, "acme does not have notes.")
