"""`tochka upgrade` with 200 modules and nothing to do."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from small_modules import write_modules
from sqlalchemy import make_url
from tochka_core import __version__
from tochka_core.db.embedded import embedded_postgres
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.registry.targets import module_targets
from tochka_migrations import Target, core_target, upgrade
from tochka_plugins.host import Gated, assemble, discover, gate

MODULES = 200
ROUNDS = 5
T = TypeVar("T")


def main() -> None:
    """Measure, and print the median of a few rounds beside the first."""
    with tempfile.TemporaryDirectory(prefix="tochka-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, another account runs the server
        write_modules(folder / "modules", MODULES)
        sys.path.append(str(folder / "modules"))
        gated = _time("discovery and gate", _discover)
        targets = [core_target(), *module_targets(assemble(gated))]
        with embedded_postgres(folder / "data") as url:
            started = time.perf_counter()
            _upgrade(url, targets)
            click.echo(f"first upgrade: {_milliseconds(started):.0f} ms")
            _time("migrations, nothing to do", lambda: _upgrade(url, targets))
            started = time.perf_counter()
            _run_command(url)
            click.echo(f"`tochka upgrade`, judging all: {_milliseconds(started):.0f} ms")
            _time("`tochka upgrade`, nothing to do", lambda: _run_command(url))


def _discover() -> Gated:
    return gate(discover(), core_version=__version__)


def _upgrade(url: str, targets: list[Target]) -> None:
    async def run() -> None:
        async with maintenance_engine(make_url(url)) as engine:
            result = await upgrade(engine, targets)
            if result.failures:
                raise SystemExit(str(result.failures))

    asyncio.run(run())


def _run_command(url: str) -> None:
    environ = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": sys.path[-1]}
    subprocess.run(
        [sys.executable, "-m", "tochka_core", "upgrade", "--strict"],
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _time(subject: str, work: Callable[[], T]) -> T:
    took = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        result = work()
        took.append(_milliseconds(started))
    click.echo(f"{subject}: first {took[0]:.0f} ms, then {statistics.median(took[1:]):.0f} ms")
    return result


def _milliseconds(started: float) -> float:
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
