"""`tochka serve` in real processes; nothing of it is left, also when a test fails."""

import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from serving import DEADLINE_SECONDS, Place, Served


@pytest.fixture
def place():
    # Not tmp_path: its parents are closed to the account that runs the database for root.
    folder = Path(tempfile.mkdtemp(prefix="tochka-test-"))
    folder.chmod(0o755)
    place = Place(folder)
    yield place
    for process in place.processes():
        with suppress(psutil.Error):
            process.kill()
            process.wait(DEADLINE_SECONDS)
    shutil.rmtree(folder)


@pytest.fixture
def serve(place):
    """Start `tochka serve`; it is stopped with the test."""
    started = []

    def serve(*, is_awaited=True, **settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "tochka_core", "serve"],
            env=place.environ(PORT=str(port), **settings),
            cwd=place.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        platform = Served(process, f"http://127.0.0.1:{port}")
        started.append(platform)
        if is_awaited:
            platform.wait_until_live()
        return platform

    yield serve
    for platform in started:
        platform.stop()
