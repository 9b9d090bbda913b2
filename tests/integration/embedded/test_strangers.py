"""A process that only bears the number in a stale file is never touched, and never in the way."""

import os
import shutil
import subprocess
import time

import pytest
from tochka_core.errors import OperatorError


@pytest.fixture
def stopped(enter, server):
    """A data folder whose server has been stopped."""
    with enter():
        return server.pid_file.read_text()


@pytest.fixture
def start_stranger(place, data_dir, stopped):
    """Start a program that only sleeps, whatever it is called, as the cluster's account."""
    started = []

    def start(*, name="sleep", cwd="/"):
        program = shutil.copy(shutil.which("sleep"), place / name)
        uid = (data_dir / "postgres").stat().st_uid
        account = {} if uid == os.geteuid() else {"user": uid}
        started.append(subprocess.Popen([program, "1000"], cwd=cwd, **account))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def leave_stale_note(server, note, pid, *, started_at=None):
    lines = note.splitlines()
    lines[0] = str(pid)
    lines[2] = str(int(started_at if started_at is not None else time.time()))
    server.pid_file.write_text("\n".join(lines) + "\n")
    owner = server.data_dir / "postgres"
    shutil.chown(server.pid_file, owner.stat().st_uid, owner.stat().st_gid)


def test_a_sleeping_process_survives(enter, server, stopped, start_stranger, run_sql):
    stranger = start_stranger()
    leave_stale_note(server, stopped, stranger.pid)
    (server.data_dir / "socket" / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
    with enter() as url:
        assert run_sql(url, "SELECT 1") == 1
        assert server.pid != stranger.pid
    assert stranger.poll() is None


def test_a_note_that_turns_stale_while_inside_harms_nobody_on_leaving(
    enter, server, stopped, start_stranger
):
    stranger = start_stranger()
    with enter():
        leave_stale_note(server, stopped, stranger.pid)
    assert stranger.poll() is None


def test_a_postgres_of_another_folder_survives(enter, server, stopped, start_stranger, run_sql):
    stranger = start_stranger(name="postgres")
    leave_stale_note(server, stopped, stranger.pid)
    with enter() as url:
        assert run_sql(url, "SELECT 1") == 1
    assert stranger.poll() is None


def test_a_postgres_in_our_folder_that_is_younger_than_the_note_is_left_to_the_operator(
    enter, data_dir, server, stopped, start_stranger
):
    stranger = start_stranger(name="postgres", cwd=data_dir / "postgres")
    leave_stale_note(server, stopped, stranger.pid, started_at=time.time() - 1000)
    with (
        pytest.raises(OperatorError, match=f"kill -INT {stranger.pid}"),
        enter(),
    ):
        pass
    assert stranger.poll() is None
    assert server.pid_file.exists()


def test_a_number_that_nobody_bears_does_not_block_the_start(
    enter, server, stopped, start_stranger, run_sql
):
    gone = start_stranger()
    gone.kill()
    gone.wait()
    leave_stale_note(server, stopped, gone.pid)
    with enter() as url:
        assert run_sql(url, "SELECT 1") == 1


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("text", ["", "nonsense\n", "-1\n"])
def test_a_damaged_note_does_not_block_the_start(enter, server, run_sql, text):
    server.pid_file.write_text(text)
    with enter() as url:
        assert run_sql(url, "SELECT 1") == 1
