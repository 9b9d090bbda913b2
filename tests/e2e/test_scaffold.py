"""A module that nobody has touched since it was written works, and reads well."""

import json
import os
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement


@pytest.fixture
def write(tmp_path):
    """Write a module as `tochka modules new` does; return its folder and what was printed."""

    def write(name, *options):
        folder = tmp_path / name
        command = [sys.executable, "-m", "tochka_core", "modules", "new", name]
        written = subprocess.run(
            [*command, "--folder", folder, *options], capture_output=True, text=True, check=False
        )
        return folder, written

    return write


def run(*arguments, **options):
    result = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_it_installs_and_passes_its_own_tests(write, tmp_path):
    folder, written = write("bookings", "--json")
    assert json.loads(written.stdout) == {"module": "bookings", "folder": str(folder)}
    run("pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "site", folder)
    beside = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    assert "4 passed" in run("pytest", "-p", "no:cacheprovider", cwd=folder, env=beside)


def test_what_its_author_installs_is_enough_for_all_that_its_ci_runs(write):
    folder, _ = write("slots")
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    (needed,) = map(Requirement, project["optional-dependencies"]["dev"])
    assert needed.extras == {"check", "embedded", "testing"}


def test_it_is_gold(write):
    folder, _ = write("slots")
    told = run("tochka_core", "modules", "check", folder, "--level", "gold")
    assert told.splitlines()[-1] == "slots is gold."


def test_it_is_typed_and_formatted(write):
    folder, _ = write("time_slots", "--title", "Часы приёма")
    run("ruff", "check", ".", cwd=folder)
    run("ruff", "format", "--check", ".", cwd=folder)
    run("mypy", "--strict", "tochka_time_slots", cwd=folder)
    assert "class TimeSlotOut(" in (folder / "tochka_time_slots" / "schemas.py").read_text()
    assert 'title="Часы приёма"' in (folder / "tochka_time_slots" / "hooks.py").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["Class"], "A module's name must match"),
        (["users"], "reserved for the platform"),
        (
            ["slots", "--title", 'Say "hi"'],
            "--title has at most 200 characters, and neither",
        ),
        (["slots", "--thing", "time slot"], "--thing must match"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(write, words, told):
    folder, written = write(*words)
    assert written.returncode == 1
    assert told in written.stderr
    assert written.stderr.count("\n") == 1
    assert not folder.exists()


def test_what_is_there_is_left_alone(write):
    folder, _ = write("slots")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / "README.md").write_text("mine")
    _, again = write("slots")
    assert "is there already" in again.stderr
    assert (folder / "README.md").read_text() == "mine"
    assert {path for path in folder.rglob("*") if path.is_file()} == set(before)
