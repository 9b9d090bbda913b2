"""The judgement, in a process that a module may hang or end."""

import subprocess
import sys
import time
from typing import Final

from tochka_core.parentage import child_environment

_STOP_SECONDS: Final = 10.0
"""Long enough to end the trial of a module and to leave the database."""

_POLL_SECONDS: Final = 0.05


class Judge:
    """Runs `tochka upgrade`, one at a time."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_busy(self) -> bool:
        """A judgement has been started and its verdict not been read."""
        return self._process is not None

    def start(self) -> None:
        """Begin a judgement."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tochka_core", "upgrade"],
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            # Ctrl-C at the terminal is for this process, which passes it on.
            start_new_session=True,
        )

    def find_verdict(self) -> bool | None:
        """Return whether the judgement has succeeded, `None` while it goes on; once."""
        if self._process is None or self._process.poll() is None:
            return None
        has_succeeded = self._process.returncode == 0
        self._process = None
        return has_succeeded

    def judge(self) -> bool:
        """Return whether a judgement, made now, succeeds; stop it where this is interrupted."""
        self.start()
        try:
            while (verdict := self.find_verdict()) is None:
                time.sleep(_POLL_SECONDS)
        finally:
            self.stop()
        return verdict

    def stop(self) -> None:
        """End the judgement that goes on, if any, and what it has started."""
        if self._process is None:
            return
        # Not killed at once: it has children to end and the database to leave.
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
