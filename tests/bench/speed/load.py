"""wrk, which asks on many connections and takes hardly a core for itself."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Final

import click
import msgspec

from speed.work import CONNECTIONS

_SCRIPT: Final = """
wrk.method = "{method}"
wrk.body = {body}
function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("\\n{{%s}}\\n", table.concat({{
        string.format('"requests":%d', summary.requests),
        string.format('"microseconds":%d', summary.duration),
        string.format('"failed":%d', errors.connect + errors.read + errors.write
            + errors.status + errors.timeout),
        string.format('"p50":%d', latency:percentile(50)),
        string.format('"p99":%d', latency:percentile(99)),
    }}, ",")))
end
"""


class Load(msgspec.Struct, frozen=True):
    """What became of some seconds of requests."""

    requests: int
    microseconds: int
    failed: int
    p50: int
    """In microseconds, like *p99*."""
    p99: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.microseconds * 1e6


def need_wrk() -> None:
    """End with a line that says what to do where wrk is missing."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is not installed; Debian has it as wrk, Homebrew as wrk.")


def run_load(
    url: str,
    *,
    seconds: int,
    headers: Mapping[str, str],
    body: str | None = None,
    may_refuse: bool = False,
) -> Load:
    """Ask for *url* for so many *seconds*.

    Raises:
        ClickException: an answer was no success, and it may not refuse.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        method = "GET" if body is None else "POST"
        script.write(_SCRIPT.format(method=method, body="nil" if body is None else f"[[{body}]]"))
        script.flush()
        given = [f"{name}: {value}" for name, value in headers.items()]
        arguments = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--timeout", "10"]
        arguments += ["--duration", f"{seconds}s", "--script", script.name]
        arguments += [word for line in given for word in ("--header", line)]
        done = subprocess.run([*arguments, url], check=True, capture_output=True, text=True)
    told = re.findall(r"^\{.*\}$", done.stdout, re.MULTILINE)[-1]
    load = msgspec.json.decode(told, type=Load)
    if (load.failed and not may_refuse) or not load.requests:
        raise click.ClickException(f"{url}: {load.failed} of {load.requests} requests failed.")
    return load
