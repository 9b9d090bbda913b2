"""The stacks, each served as it would be in production, by one worker."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Final

import click
import httpx
import msgspec
import psutil
from sqlalchemy import URL

from speed.rows import PASSWORD, PERSON_ID, PHONE, TENANT, TENANT_ID

SECRET: Final = "a secret of the bench, and long enough for HS256"
_START_SECONDS: Final = 120
_STOP_SECONDS: Final = 30

_CHOSEN: Final = {"BENCH_TENANT_ID": str(TENANT_ID), "BENCH_USER_ID": str(PERSON_ID)}
"""What the stacks are told that sign nobody in."""

Command = Sequence[str]


class Server(msgspec.Struct, frozen=True):
    """A stack that answers."""

    stack: str
    base_url: str
    headers: Mapping[str, str]
    pid: int

    def memory(self) -> int:
        """Return the bytes of the process that answers, of what it does not share (USS)."""
        parent = psutil.Process(self.pid)
        family = [parent, *parent.children(recursive=True)]
        return max(process.memory_full_info().uss for process in family)


@contextmanager
def platform(
    database: URL, *, workers: int = 1, environ: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run `tochka serve`, and sign in."""
    with unentered_platform(database, workers=workers, environ=environ) as server:
        yield signed_in(server)


@contextmanager
def unentered_platform(
    database: URL, *, workers: int = 1, environ: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run `tochka serve`, and sign nobody in; entered as soon as it answers."""
    command = [sys.executable, "-m", "tochka_core", "serve"]
    settings = {"TOCHKA_WORKERS": str(workers), "TOCHKA_LOG_LEVEL": "warning", **(environ or {})}
    with _running("platform", command, database, settings) as server:
        yield server


@contextmanager
def bare_litestar(database: URL) -> Iterator[Server]:
    """Run the module's handlers without the platform."""
    with _running("litestar", _granian("bare_litestar"), database, _CHOSEN) as server:
        yield server


@contextmanager
def floor(database: URL) -> Iterator[Server]:
    """Run what is there without any framework."""
    with _running("floor", _granian("floor"), database, _CHOSEN) as server:
        yield server


@contextmanager
def template(database: URL) -> Iterator[Server]:
    """Run the template's stack, and sign in."""
    command = [sys.executable, "-m", "uvicorn", "speed.stacks.template.main:app"]
    command += ["--port", "{port}", "--no-access-log", "--log-level", "warning"]
    with _running("template", command, database, {}) as server:
        yield signed_in(server)


def _granian(module: str) -> Command:
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", "{port}"]
    return [*command, "--log-level", "warning", f"speed.stacks.{module}:app"]


def signed_in(server: Server) -> Server:
    """Return *server* with the headers of a session that has just begun."""
    answer = httpx.post(
        f"{server.base_url}/api/v1/auth/login", json={"phone": PHONE, "password": PASSWORD}
    )
    token = answer.raise_for_status().json()["access_token"]
    headers = {**server.headers, "Authorization": f"Bearer {token}", "X-Tenant": TENANT}
    return msgspec.structs.replace(server, headers=headers)


def settings_of(database: URL) -> Mapping[str, str]:
    """Return what a process needs in its environment to use *database*."""
    address = database.render_as_string(hide_password=False)
    return {"DATABASE_URL": address, "JWT_SECRET": SECRET}


@contextmanager
def _running(
    stack: str, command: Command, database: URL, environ: Mapping[str, str]
) -> Iterator[Server]:
    port = _free_port()
    settings = {**settings_of(database), "HOST": "127.0.0.1", "PORT": str(port), **environ}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [word.format(port=port) for word in command],
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
        )
        try:
            base_url = f"http://127.0.0.1:{port}"
            _wait_until_live(base_url, process, log)
            yield Server(stack, base_url, {"Content-Type": "application/json"}, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_live(base_url: str, process: "subprocess.Popen[bytes]", log: IO[str]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    # One for all tries: to make one takes a part of what a start does.
    with httpx.Client() as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get(f"{base_url}/health/live").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.01)
    log.seek(0)
    raise click.ClickException(f"{base_url} does not answer:\n{log.read()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
