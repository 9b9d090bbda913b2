"""`tochka serve` in real processes; nothing of it is left, also when a test fails."""

import socket
import subprocess
import sys
from functools import partial

import pytest
from serving import Place, Served
from tochka_plugins.testing.data_folders import data_folder


@pytest.fixture
def place():
    with data_folder() as folder:
        place = Place(folder)
        yield place
        place.kill_all()


@pytest.fixture
def serve(place):
    """Start `tochka serve`; it is stopped with the test."""
    started = []

    def serve(*, is_awaited=True, **settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]

        def start(*words, stderr):
            return subprocess.Popen(
                [sys.executable, "-m", "tochka_core", *words],
                env=place.environ(PORT=str(port), **settings),
                cwd=place.folder,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )

        process = start("serve", stderr=subprocess.STDOUT)
        beside = partial(start, stderr=subprocess.PIPE)
        platform = Served(process, f"http://127.0.0.1:{port}", beside)
        started.append(platform)
        if is_awaited:
            platform.wait_until_live()
            platform.wait_for("Started worker-1")
        return platform

    yield serve
    # All at once: what a server has left behind would keep its output open.
    place.kill_all()
    for platform in started:
        platform.stop()
