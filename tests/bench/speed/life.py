"""How long the platform takes to begin, and what a worker holds, as more modules are installed."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from tempfile import TemporaryDirectory
from typing import Final

import httpx
import psutil
from sqlalchemy import URL

from speed.figures import Spread, by_turns, ratio
from speed.growth import small_modules
from speed.report import Budget, Report
from speed.rows import copy_database
from speed.servers import Server, platform, settings_of, signed_in, unentered_platform

_START_BUDGET: Final = Budget(1.5, 1.2, is_least=False)
_UPGRADE_BUDGET: Final = Budget(1_000, is_least=False)
_BUDGETED: Final = 100
"""Modules, for which there is a budget of the start."""
_MEGABYTE: Final = 1024 * 1024


def measure_starts(
    report: Report, server: URL, ours: URL, counts: Sequence[int], *, rounds: int
) -> None:
    """Start with so many modules until the first answer, beside what imports them and ends."""
    with ExitStack() as stack:
        acts: dict[tuple[str, int], Callable[[], float]] = {}
        memory: dict[int, list[float]] = {count: [] for count in counts}
        for count in counts:
            environ = stack.enter_context(small_modules(count))
            mine = asyncio.run(copy_database(server, ours, f"start_{count}"))
            acts["start", count] = partial(_start, mine, environ, memory[count])
            acts["import", count] = partial(_import, count, environ)
        took = by_turns(acts, rounds=rounds)
        cold = [_start_cold(mine, environ) for _ in range(rounds)]
    for count in counts:
        report.add("start", f"{count} modules", Spread.of(took["start", count]), unit="ms")
        report.add("memory of a worker", f"{count} modules", Spread.of(memory[count]), unit="MB")
        report.add(
            "start",
            f"with {count} modules / importing them",
            ratio(took["start", count], took["import", count]),
            budget=_START_BUDGET if count == _BUDGETED else None,
        )
    report.add("start", f"{counts[-1]} modules, nothing compiled", Spread.of(cold), unit="ms")


def measure_upgrades(report: Report, ours: Mapping[str, URL], count: int, *, rounds: int) -> None:
    """Run `tochka upgrade` with so many modules where nothing is to be done."""
    with small_modules(count) as environ:
        acts = {name: partial(_upgrade, url, environ) for name, url in ours.items()}
        took = by_turns(acts, rounds=rounds)
    for name, figures in took.items():
        what = f"nothing to do, {count} modules, {name}"
        report.add("upgrade", what, Spread.of(figures), unit="ms", budget=_UPGRADE_BUDGET)


def measure_respawn(report: Report, ours: URL, *, rounds: int) -> None:
    """Kill the only worker of a server, and wait until another one answers."""
    took = []
    for _ in range(rounds):
        with platform(ours) as server:  # which waits longer before it starts another one each time
            took.append(_respawn(server))
    report.add("respawn", "of a worker that was killed", Spread.of(took), unit="ms")


def _start(ours: URL, environ: Mapping[str, str], memory: list[float]) -> float:
    started = time.perf_counter()
    with unentered_platform(ours, environ=environ) as server:
        took = _milliseconds(started)
        signed_in(server)  # so that what a first request loads is counted
        memory.append(server.memory() / _MEGABYTE)
    return took


def _start_cold(ours: URL, environ: Mapping[str, str]) -> float:
    with TemporaryDirectory(prefix="tochka-bench-") as name:
        return _start(ours, {**environ, "PYTHONPYCACHEPREFIX": name}, [])


def _import(count: int, environ: Mapping[str, str]) -> float:
    hooks = [f"small{number:03}.hooks" for number in range(count)]
    return _run([sys.executable, "-c", f"import {', '.join(['tochka_core.app', *hooks])}"], environ)


def _upgrade(ours: URL, environ: Mapping[str, str]) -> float:
    command = [sys.executable, "-m", "tochka_core", "upgrade", "--strict"]
    return _run(command, {**settings_of(ours), **environ})


def _run(command: Sequence[str], environ: Mapping[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, env={**os.environ, **environ}, check=True, stdout=subprocess.DEVNULL)
    return _milliseconds(started)


def _respawn(server: Server) -> float:
    worker = max(psutil.Process(server.pid).children(), key=lambda child: child.memory_info().rss)
    worker.kill()
    started = time.perf_counter()
    worker.wait()
    while True:
        try:
            httpx.get(f"{server.base_url}/health/live", timeout=60)
        except httpx.TransportError:
            time.sleep(0.005)
        else:
            return _milliseconds(started)


def _milliseconds(started: float) -> float:
    return (time.perf_counter() - started) * 1000
