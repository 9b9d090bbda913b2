"""However the server is ended, and whatever it does just then, nothing of it is left."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from mischief import (
    HANGING_REVISION,
    HANGS_AT_IMPORT,
    HANGS_IN_WORKERS,
    LEAVES_A_THREAD,
    MIGRATES,
    START,
)
from serving import DEADLINE_SECONDS, eventually

ENDS = {
    "terminated": lambda platform: platform.process.terminate(),
    "interrupted": lambda platform: platform.press_ctrl_c(),
    "killed": lambda platform: platform.process.kill(),
}
BEFORE_SERVING = {"terminated": 143, "interrupted": 130, "killed": -9}
WHILE_SERVING = {"terminated": 0, "interrupted": 0, "killed": -9}


def assert_ended(place, platform, code):
    ended_with, output = platform.wait()
    assert ended_with == code, output
    if code != -signal.SIGKILL:  # which may come between a child's start and what it is told to do
        assert "Traceback" not in output
    eventually(lambda: place.processes() == [], platform)
    assert list(Path(tempfile.gettempdir()).glob(f"tochka-{platform.process.pid}-*")) == []


def reload(platform):
    os.kill(platform.process.pid, signal.SIGHUP)


@pytest.mark.parametrize("how", ENDS)
def test_at_the_first_judgement_while_a_module_hangs(place, serve, how):
    place.install("stuck", HANGS_AT_IMPORT)
    place.flag("hang").touch()
    platform = serve(is_awaited=False)
    eventually(place.flag("hangs").exists, platform)
    assert platform.workers  # which wait for what they are to load
    ENDS[how](platform)
    assert_ended(place, platform, BEFORE_SERVING[how])


@pytest.mark.parametrize("how", ENDS)
def test_while_the_first_worker_still_imports(place, serve, how):
    platform = serve(is_awaited=False)
    platform.wait_for("Spawning worker-1")
    ENDS[how](platform)
    assert_ended(place, platform, BEFORE_SERVING[how])


@pytest.mark.parametrize("how", ENDS)
def test_at_a_reload_while_a_module_hangs(place, serve, how):
    place.install("stuck", HANGS_AT_IMPORT)
    platform = serve()
    place.flag("hang").touch()
    reload(platform)
    eventually(place.flag("hangs").exists, platform)
    ENDS[how](platform)
    assert_ended(place, platform, WHILE_SERVING[how])


@pytest.mark.parametrize("how", ENDS)
def test_at_a_reload_while_a_migration_hangs(place, serve, how):
    platform = serve()
    place.install("slow", MIGRATES, **{"slow/migrations/1.py": HANGING_REVISION})
    reload(platform)
    eventually(place.flag("hangs").exists, platform)
    ENDS[how](platform)
    assert_ended(place, platform, WHILE_SERVING[how])


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("moment", ["Serving on", "Started worker-1"])
def test_while_the_first_worker_starts(place, serve, how, moment):
    platform = serve(is_awaited=False)
    platform.wait_for(moment)
    ENDS[how](platform)
    assert_ended(place, platform, WHILE_SERVING[how])


@pytest.mark.parametrize("how", ENDS)
def test_while_a_worker_hangs_in_a_module(place, serve, how):
    place.install("stuck", HANGS_IN_WORKERS)
    platform = serve(is_awaited=False)
    eventually(place.flag("hangs").exists, platform)
    ENDS[how](platform)
    assert_ended(place, platform, WHILE_SERVING[how])
    assert "Killing" not in platform.output


@pytest.mark.parametrize("how", ENDS)
def test_while_a_worker_is_replaced(place, serve, how):
    platform = serve()
    reload(platform)
    platform.wait_for("Replacing worker-1")
    ENDS[how](platform)
    assert_ended(place, platform, WHILE_SERVING[how])


def test_ctrl_c_while_python_still_imports(place, serve):
    """What hangs here is only slow in life; the moment is the same."""
    (place.site / "click.py").write_text(
        "import os, time\nopen(os.environ['PLACE'] + '/hangs', 'w').close()\ntime.sleep(600)\n"
    )
    platform = serve(is_awaited=False)
    eventually(place.flag("hangs").exists, platform)
    platform.press_ctrl_c()
    assert_ended(place, platform, 130)


def test_ctrl_c_while_the_database_is_made(place, serve):
    platform = serve(is_awaited=False)
    eventually(lambda: list(place.data_dir.glob("postgres.new.*/cluster")), platform)
    platform.press_ctrl_c()
    assert_ended(place, platform, 130)


def test_a_signal_to_all_processes_at_once_is_a_stop_like_any_other(place, serve):
    """So does systemd."""
    place.install("sound", START)
    platform = serve(TOCHKA_WORKERS="2")
    os.killpg(platform.process.pid, signal.SIGTERM)
    assert_ended(place, platform, 0)


def test_a_thread_that_a_module_leaves_behind_keeps_no_worker_from_ending(place, serve):
    place.install("threaded", LEAVES_A_THREAD)
    platform = serve()
    reload(platform)
    platform.wait_for("Replaced worker-1")
    assert "Killing" not in platform.output


def test_ctrl_c_is_for_the_supervisor_alone(serve):
    platform = serve()
    platform.workers[0].send_signal(signal.SIGINT)
    reload(platform)
    platform.wait_for("Replaced worker-1")
    assert "has ended" not in platform.output


def test_ctrl_c_ends_an_upgrade_without_a_traceback(place):
    place.install("stuck", HANGS_AT_IMPORT)
    place.flag("hang").touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "tochka_core", "upgrade"],
        env=place.environ(),
        cwd=place.folder,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    eventually(place.flag("hangs").exists)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert said == ""
    assert place.processes() == []
