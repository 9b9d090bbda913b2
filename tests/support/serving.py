"""`tochka serve` in real processes, and the place where all of them are found again."""

import os
import signal
import time
import zipfile
from contextlib import suppress

import psutil
from tochka_plugins.testing import RunningPlatform
from wheels import write_wheel

DEADLINE_SECONDS = 120.0
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("TOCHKA_", "DATABASE_URL", "JWT_SECRET", "HOST", "PORT"))
}


def eventually(is_so, platform=None):
    """Wait until *is_so* returns something true, and return it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := is_so()):
        assert time.monotonic() < deadline, platform.output if platform else "it never came"
        time.sleep(0.05)
    return found


class Place:
    """A folder with a database and modules, and all processes that know of it."""

    def __init__(self, folder):
        self.folder = folder
        self.data_dir = folder / "data"
        self.site = folder / "site"
        self.site.mkdir()

    def install(self, name, hooks, **files):
        """Put a module where every process here finds it."""
        sources = {f"{name}/__init__.py": "", f"{name}/hooks.py": hooks, **files}
        with zipfile.ZipFile(write_wheel(self.folder, name, sources)) as wheel:
            wheel.extractall(self.site)

    def environ(self, **settings):
        return {
            **CLEAN,
            "PYTHONPATH": str(self.site),
            "PLACE": str(self.folder),
            "TOCHKA_DATA_DIR": str(self.data_dir),
            "TOCHKA_BCRYPT_COST": "4",
            "TOCHKA_IMPORT_SECONDS": "600",
            # A module of ours that is installed too, and would say that it misses this.
            "SMS_GATEWAY_URL": "http://127.0.0.1:9/nobody",
            **settings,
        }

    def flag(self, name):
        """Return a file by whose existence the test and a module speak to each other."""
        return self.folder / name

    def processes(self):
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("TOCHKA_DATA_DIR") == str(self.data_dir):
                    found.append(process)
        return found

    def kill_all(self):
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
                process.wait(DEADLINE_SECONDS)


class Served(RunningPlatform):
    """A `tochka serve` that leads a process group, as at a terminal."""

    @property
    def workers(self):
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    def wait_for(self, text, times=1):
        eventually(lambda: self.output.count(text) >= times, self)

    def press_ctrl_c(self):
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self):
        """Return the exit code, and what was printed, when it has ended."""
        code = self.process.wait(DEADLINE_SECONDS)
        self._reader.join(DEADLINE_SECONDS)
        return code, self.output
