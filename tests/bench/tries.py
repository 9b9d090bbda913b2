"""What it costs to count a try: one that is let through, one that has to wait, and a success.

The table of tries is empty at first, and then full of other subjects, as somebody may have filled
it on purpose; the statements were planned while it was empty. Means, as every twentieth try cleans.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import click
from sqlalchemy import URL, make_url, text
from tochka_core.auth.allowances import AuthAllowances
from tochka_core.db import Database
from tochka_core.db.embedded import embedded_postgres
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.logs import configure_logging
from tochka_core.settings import Settings
from tochka_core.throttling.services import TryCounter
from tochka_migrations import core_target, upgrade
from tochka_plugins import TooManyRequests

ROUNDS: Final = 500
STRANGERS: Final = 300_000
MANY: Final = 1_000_000
FILL: Final = text(
    "INSERT INTO tochka.throttles (allowance, subject, forgotten_at, expires_at)"
    " SELECT 'login.phone', sha256(CAST(CAST(number AS text) AS bytea)),"
    " now() + interval '1 hour', now() + interval '2 hours'"
    " FROM generate_series(1, :strangers) AS number"
)


def main() -> None:
    """Measure, and print the mean of each kind."""
    configure_logging("error")
    with tempfile.TemporaryDirectory(prefix="tochka-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, another account runs the server
        with embedded_postgres(folder / "data") as url:
            asyncio.run(_measure(make_url(url)))


async def _measure(url: URL) -> None:
    async with maintenance_engine(url) as engine:
        await upgrade(engine, [core_target()])
    database = Database(url, pool_size=1)
    counter = TryCounter(database, secret="of this bench")
    allowances = AuthAllowances.of(Settings(login_tries_per_address=MANY))

    async def take(phone: str) -> None:
        await counter.take(*allowances.of_login(phone, "203.0.113.1", known_device=None))

    async def refuse(_phone: str) -> None:
        with suppress(TooManyRequests):
            await take("somebody")

    async def succeed(phone: str) -> None:
        tries = allowances.of_login(phone, "203.0.113.1", known_device=None)
        async with database.platform_scope(reason="bench") as session:
            await counter.succeed(session, *tries)

    for prefix, strangers in (("a", 0), ("b", STRANGERS)):
        async with database.platform_scope(reason="bench") as session:
            await session.execute(FILL, {"strangers": strangers})
        for _ in range(10):
            await refuse("somebody")
        for kind, act in {"let through": take, "refused": refuse, "right": succeed}.items():
            await _tell(f"{kind}, {strangers} others", prefix, act)
    await database.dispose()


async def _tell(subject: str, prefix: str, act: Callable[[str], Awaitable[None]]) -> None:
    took = []
    for number in range(ROUNDS):
        started = time.perf_counter()
        await act(f"{prefix}{number}")
        took.append(time.perf_counter() - started)
    click.echo(f"a try that is {subject}: mean {statistics.mean(took) * 1000:.2f} ms")


if __name__ == "__main__":
    main()
