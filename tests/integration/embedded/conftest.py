"""Real servers in folders of their own; nothing is left of them, also when a test fails."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine
from tochka_core.db.embedded import embedded_postgres
from tochka_core.db.embedded.sockets import socket_folder
from tochka_plugins.testing.data_folders import data_folder

LAUNCHER = Path(__file__).with_name("launcher.py")
DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class Launcher:
    """Another process that has entered, or is entering, `embedded_postgres`."""

    process: subprocess.Popen[str]

    def read_url(self) -> str:
        url = self.process.stdout.readline().strip()
        assert url, "the launcher has failed"
        return url

    def leave(self) -> None:
        self.process.stdin.close()
        assert self.process.wait(DEADLINE_SECONDS) == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)


@dataclass(frozen=True)
class Server:
    """What an onlooker sees of the server of a data folder."""

    data_dir: Path

    @property
    def pid_file(self) -> Path:
        return self.data_dir / "postgres" / "postmaster.pid"

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text().splitlines()[0])

    def processes(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self._is_of_folder(process)]

    def kill(self) -> None:
        os.kill(self.pid, 9)

    def _is_of_folder(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error, FileNotFoundError):
            return Path(process.cwd()) == self.data_dir / "postgres"
        return False


@pytest.fixture
def options() -> Mapping[str, str]:
    # Full durability is for power cuts, which no test brings about; kill -9 needs none of it.
    return {"fsync": "off"}


@pytest.fixture
def place() -> Iterator[Path]:
    with data_folder() as path:
        yield path
        for process in psutil.process_iter():
            with suppress(psutil.Error, FileNotFoundError):
                if Path(process.cwd()).is_relative_to(path) and process.pid != os.getpid():
                    process.kill()
                    process.wait(DEADLINE_SECONDS)


@pytest.fixture
def data_dir(place: Path) -> Path:
    return place / "data"


@pytest.fixture
def far_data_dir(place: Path) -> Iterator[Path]:
    """A data folder whose path is too long for a socket's."""
    path = place / ("long" * 30)
    yield path
    short = socket_folder(path)
    if short.is_symlink():
        short.unlink()
    shutil.rmtree(short, ignore_errors=True)


@pytest.fixture
def enter(data_dir: Path, options: Mapping[str, str]) -> Callable[..., AbstractContextManager[str]]:
    return partial(embedded_postgres, data_dir, options=options)


@pytest.fixture
def server(data_dir: Path) -> Server:
    return Server(data_dir)


@pytest.fixture
def launch(data_dir: Path, options: Mapping[str, str]) -> Iterator[Callable[[], Launcher]]:
    started: list[Launcher] = []

    def start() -> Launcher:
        arguments = [sys.executable, str(LAUNCHER), str(data_dir), json.dumps(dict(options))]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        started.append(Launcher(subprocess.Popen(arguments, text=True, **pipes)))
        return started[-1]

    yield start
    for launcher in started:
        launcher.kill()
        launcher.process.stdin.close()
        launcher.process.stdout.close()


@pytest.fixture
def run_sql() -> Callable[[str, str], Any]:
    """Run one statement outside any transaction; return its first value, if it has one."""

    async def run(url: str, statement: str) -> Any:
        engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                result = await connection.exec_driver_sql(statement)
                return result.scalar() if result.returns_rows else None
        finally:
            await engine.dispose()

    return lambda url, statement: asyncio.run(run(url, statement))


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    def wait(is_so: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, "it has not come about"
            time.sleep(0.02)

    return wait
