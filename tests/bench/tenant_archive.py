"""Export and import of a tenant with 1,000,000 contacts: time, and memory of the processes."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import text
from sqlalchemy.engine import make_url
from tochka_core.db import Database
from tochka_core.db.embedded import embedded_postgres

ROWS = 1_000_000
FEW = 1000

_FILL = text(
    "INSERT INTO mod_contacts.contacts (tenant_id, id, name, phone, email, company, tags, notes)"
    " SELECT CAST(:tenant AS uuid), gen_random_uuid(), 'Anna Petrova ' || n, '+7' || n,"
    " md5(n::text) || '@example.com', 'Company ' || n % 1000, ARRAY['vip', 'tag' || n % 50],"
    " repeat(md5(n::text || 'notes'), 4) FROM generate_series(1, CAST(:rows AS int)) AS n"
)


def main() -> None:
    """Measure with few rows and with many: what grows with the rows is what they cost."""
    with tempfile.TemporaryDirectory(prefix="tochka-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, another account runs the server
        with _installation(folder / "here") as here, _installation(folder / "there") as there:
            peaks: dict[str, list[float]] = {"export": [], "import": []}
            for tenant, rows in (("few", FEW), ("many", ROWS)):
                asyncio.run(_fill(here, tenant, rows))
                archive = folder / f"{tenant}.zip"
                peaks["export"].append(_run(here, rows, "export", tenant, archive))
                peaks["import"].append(_run(there, rows, "import", archive))
                size = archive.stat().st_size / 2**20
                click.echo(f"the archive of {rows:,} contacts: {size:.1f} MiB")
            for verb, (few, many) in peaks.items():
                click.echo(f"{verb}: memory of {ROWS:,} against {FEW:,} contacts: {many / few:.2f}")


@contextmanager
def _installation(folder: Path) -> Iterator[str]:
    with embedded_postgres(folder) as url:
        _tochka(url, "upgrade", "--strict")
        yield url


async def _fill(url: str, tenant: str, rows: int) -> None:
    _tochka(url, "tenants", "create", tenant)
    database = Database(make_url(url), pool_size=1)
    async with database.platform_scope(reason="bench") as session:
        found = text("SELECT id::text FROM tochka.tenants WHERE name = :name")
        tenant_id = await session.scalar(found, {"name": tenant})
        await session.execute(_FILL, {"tenant": tenant_id, "rows": rows})
    await database.dispose()


def _run(url: str, rows: int, verb: str, *words: object) -> float:
    """Run a command and tell what it took; return its peak in MiB."""
    started = time.perf_counter()
    peak = _tochka(url, "tenants", verb, *words)
    seconds = time.perf_counter() - started
    click.echo(f"{verb} of {rows:,} contacts: {seconds:.1f} s, peak of the process {peak:.0f} MiB")
    return peak


def _tochka(url: str, *words: object) -> float:
    """Run a command; return the most memory that it has had resident, in MiB."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tochka_core", *map(str, words)],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(process.stderr.read().decode())
    return usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
