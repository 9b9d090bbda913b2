"""`tochka serve` itself, in a process of its own, spoken to over HTTP.

The module under test and what it depends on have to be installed.

    with running_platform() as platform:
        client = platform.tenant_client("acme", modules=["contacts"])
        assert client.get("/api/v1/contacts").status_code == 200
"""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Final

import httpx

from tochka_plugins.testing.data_folders import data_folder
from tochka_plugins.testing.failure import PlatformFailure
from tochka_plugins.testing.platform import PlatformUnderTest
from tochka_plugins.testing.processes import SETTINGS, finish, start_tochka
from tochka_plugins.testing.signing_in import SignedIn

START_SECONDS: Final = 300
"""Long enough for a slow machine; reached only when something is wrong."""

_SERVING: Final = "Serving on "
_CREDENTIALS: Final = re.compile(r"phone (?P<phone>\S+)\s+password (?P<password>\S+)")


class RunningPlatform(PlatformUnderTest):
    """A `tochka serve` of one's own, on a free port of the loopback interface."""

    def __init__(
        self,
        process: "subprocess.Popen[str]",
        base_url: str,
        start: Callable[..., "subprocess.Popen[str]"],
    ) -> None:
        """Follow *process*; `running_platform` makes it. *start* starts a command beside it."""
        # Certificates take 20 ms to read, and no connection here is encrypted.
        super().__init__(base_url=base_url, verify=False)
        self.process = process
        self.base_url = base_url
        self._start = start
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """All that the server has printed so far."""
        return "".join(self._lines)

    def run_command(self, *words: str) -> str:
        """Run a command of `tochka` beside the server, on its database; return what it prints.

        Raises:
            PlatformFailure: it exits with another code than 0.
        """
        return finish(self._start(*words))

    def wait_until_live(self) -> None:
        """Return when the server answers, and what it has printed until then is read.

        Raises:
            PlatformFailure: it has ended, or does not answer in time.
        """
        deadline = time.monotonic() + START_SECONDS
        client = self.client()
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise PlatformFailure(f"tochka serve has ended:\n{self.output}")
            try:
                if client.get("/health/live").is_success and _SERVING in self.output:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise PlatformFailure(f"tochka serve does not answer:\n{self.output}")

    def stop(self) -> int:
        """Stop the server as an operator would; return its exit code."""
        self._clients.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=60)
        finally:
            self.process.kill()
            self._reader.join()
            if self.process.stdout:
                self.process.stdout.close()

    @cached_property
    def _master(self) -> SignedIn:
        made = _CREDENTIALS.search(self.output)
        if made is None:
            raise PlatformFailure(f"no credentials were printed:\n{self.output}")
        return self._signed_in(made["phone"], made["password"])

    def _log(self) -> str:
        return self.output

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.append(line)


@contextmanager
def running_platform(
    *,
    environ: Mapping[str, str] | None = None,
    data_dir: Path | None = None,
    python: str = sys.executable,
    wait: bool = True,
) -> Iterator[RunningPlatform]:
    """Run `tochka serve` for as long as the block lasts, on a database of its own.

    *environ* adds settings; *data_dir* keeps the database beyond the block; *python* is the
    interpreter of the environment to run in. Without *wait* the block begins before the server
    answers.

    Raises:
        PlatformFailure: it does not start.
    """
    with ExitStack() as stack:
        if data_dir is None:
            data_dir = stack.enter_context(data_folder()) / "data"
        settings = {
            **SETTINGS,
            "TOCHKA_DATA_DIR": str(data_dir),
            "HOST": "127.0.0.1",
            "PORT": str(_free_port()),
            **(environ or {}),
        }
        start = partial(start_tochka, settings=settings, folder=data_dir.parent, python=python)
        platform = RunningPlatform(
            start("serve", stderr=subprocess.STDOUT),
            f"http://127.0.0.1:{settings['PORT']}",
            start,
        )
        stack.callback(platform.stop)
        if wait:
            platform.wait_until_live()
        yield platform


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
