"""Servers are found by commands, and nothing else is taken for one."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from msgspec.structs import replace
from tochka_core.server import register
from tochka_core.server.register import find_servers, registered, reload
from tochka_core.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data")


def test_a_server_is_found_while_it_runs(settings):
    assert find_servers(settings) == []
    with registered(settings):
        (server,) = find_servers(settings)
        assert (server.pid, server.environment) == (os.getpid(), sys.prefix)
        assert find_servers(replace(settings, data_dir=settings.data_dir / "other")) == []
    assert find_servers(settings) == []


def test_a_server_of_another_environment_is_not_ours(settings, monkeypatch):
    with registered(settings):
        monkeypatch.setattr(sys, "prefix", "/elsewhere")
        assert find_servers(settings) == []


def test_what_a_killed_server_has_left_is_no_server(settings):
    script = (
        "import os, sys; from pathlib import Path; from tochka_core.settings import Settings;"
        "from tochka_core.server.register import registered;"
        "kept = registered(Settings(data_dir=Path(sys.argv[1]))); kept.__enter__(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(settings.data_dir)], check=False)
    (left,) = (settings.data_dir.parent / "data.servers").iterdir()
    assert find_servers(settings) == []
    with registered(settings):
        assert not left.exists()


def test_where_nothing_can_be_written_the_server_runs_unfound(settings):
    settings.data_dir.with_name("data.servers").write_text("in the way")
    with registered(settings) as entry:
        entry.reload_began()
        assert find_servers(settings) == []


def test_a_server_that_starts_is_found_and_not_signalled_before_it_listens(settings, monkeypatch):
    monkeypatch.setattr(register, "_POLL_SECONDS", 0.001)
    with registered(settings) as entry:
        (server,) = find_servers(settings)
        signalled = threading.Event()

        def reload_at_once(_pid, _number):
            signalled.set()
            entry.reload_began()
            entry.reload_ended(success=True)

        monkeypatch.setattr(os, "kill", reload_at_once)
        waiting = threading.Thread(target=reload, args=(settings, server))
        waiting.start()
        waiting.join(0.02)
        assert not signalled.is_set()
        entry.started()
        waiting.join()
        assert signalled.is_set()


@pytest.mark.parametrize("success", [True, False])
def test_a_reload_that_begins_later_is_waited_for(settings, monkeypatch, success):
    """What one that is under way has judged may be older; and reloads may follow without a gap."""
    monkeypatch.setattr(register, "_POLL_SECONDS", 0.001)
    with registered(settings) as entry:
        entry.started()
        entry.reload_began()
        signalled = threading.Event()
        monkeypatch.setattr(signal, "SIGHUP", 0)
        monkeypatch.setattr(os, "kill", lambda _pid, _number: signalled.set())
        results = []
        (server,) = find_servers(settings)
        waiting = threading.Thread(target=lambda: results.append(reload(settings, server)))
        waiting.start()
        signalled.wait()
        entry.reload_ended(success=not success)
        entry.reload_began()
        waiting.join(0.02)
        assert results == []
        entry.reload_ended(success=success)
        entry.reload_began()
        waiting.join()
        assert results == [success]


def test_a_server_that_ends_has_not_reloaded(settings):
    with registered(settings):
        (server,) = find_servers(settings)
    assert not reload(settings, server)
