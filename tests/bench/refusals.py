"""What the time of an answer tells about a phone: signing in in vain, and asking for a code.

The application runs in this process, on a database of its own. Tries of all kinds take turns, so
that what else the machine does touches all of them. A try ends when its answer is handed over, as a
client sees it; the message with a code is sent after that. A number of tries may be given: the
default is 200 of each kind.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import bcrypt
import click
import httpx
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy import URL, make_url, text
from tochka_core.app import create_app
from tochka_core.db.embedded import embedded_postgres
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.logs import configure_logging
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.settings import Settings
from tochka_migrations import core_target, upgrade

TRIES: Final = 200
COST: Final = 12
PASSWORD: Final = "correct horse battery"
WRONG: Final = "staple staple staple"
LOGIN, FORGOT = "/api/v1/auth/login", "/api/v1/auth/password/forgot"
ASKING: Final = {
    "nobody's phone": "nobody's phone",
    "somebody's": "wrong password",
    "inactive": "inactive",
}
"""By kind of who asks for a code, the kind of who signs in that has these phones."""
INSERT: Final = text(
    "INSERT INTO tochka.users (id, phone, password_hash, is_active)"
    " SELECT gen_random_uuid(), phone, :stored, :is_active"
    " FROM unnest(CAST(:phones AS text[])) AS phone"
)


def main() -> None:
    """Measure, and print the mean of each kind beside that of a phone that nobody has."""
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else TRIES
    configure_logging("error")
    with tempfile.TemporaryDirectory(prefix="tochka-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, another account runs the server
        with embedded_postgres(folder / "data") as url:
            asyncio.run(_measure(make_url(url), tries))


async def _measure(url: URL, tries: int) -> None:
    kinds = await _make_people(url, tries)
    settings = Settings(
        database_url=url.render_as_string(hide_password=False),
        jwt_secret="0123456789abcdef0123456789abcdef",
        bcrypt_cost=COST,
        log_messages=True,
        login_tries_per_address=1_000_000,
        messages_per_address=1_000_000,
    )
    app = create_app(settings)
    timed = _Timed(app)
    transport = httpx.ASGITransport(timed)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://bench.local") as client,
    ):
        _tell("signing in in vain", await _compare(client, timed, LOGIN, kinds, expected=401))
        asking = {kind: kinds[known] for kind, known in ASKING.items()}
        _tell("asking for a code", await _compare(client, timed, FORGOT, asking, expected=202))


class _Timed:
    """Tells when the last answer of an application was complete."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.answered_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body":
                self.answered_at = time.perf_counter()

        await self._app(scope, receive, send_on)


async def _make_people(url: URL, tries: int) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return, by kind, the phone and the password of each try."""
    stored = await PasswordHasher(cost=COST, pepper="").hash(PASSWORD)
    foreign = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(COST - 2)).decode()
    people = {
        "wrong password": (stored, True, WRONG),
        "inactive": (stored, False, PASSWORD),
        "wrong password, older hash": (foreign, True, WRONG),
        "without a password": ("!", True, PASSWORD),
    }
    kinds = {"nobody's phone": [(phone, PASSWORD) for phone in _phones(0, tries)]}
    async with maintenance_engine(url) as engine:
        await upgrade(engine, [core_target()])
        async with engine.begin() as connection:
            for number, (kind, (hashed, is_active, password)) in enumerate(people.items(), 1):
                phones = _phones(number, tries)
                given = {"stored": hashed, "is_active": is_active, "phones": phones}
                await connection.execute(INSERT, given)
                kinds[kind] = [(phone, password) for phone in phones]
    return kinds


def _phones(kind: int, tries: int) -> list[str]:
    return [f"+7999{kind}{number:06}" for number in range(tries)]


async def _compare(
    client: httpx.AsyncClient,
    timed: _Timed,
    path: str,
    kinds: Mapping[str, Sequence[tuple[str, str]]],
    *,
    expected: int,
) -> Mapping[str, Sequence[float]]:
    """Return by kind how many seconds each try took."""
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(len(kinds["nobody's phone"])):
        for kind in random.sample(list(kinds), len(kinds)):
            phone, password = kinds[kind][number]
            body = {"phone": phone, **({"password": password} if path == LOGIN else {})}
            started = time.perf_counter()
            answer = await client.post(path, json=body)
            took[kind].append(timed.answered_at - started)
            if answer.status_code != expected:
                raise SystemExit(f"{kind}: {answer.text}")
    return took


def _tell(subject: str, took: Mapping[str, Sequence[float]]) -> None:
    means = {kind: statistics.mean(times) * 1000 for kind, times in took.items()}
    first, *_ = means.values()
    for kind, mean in means.items():
        click.echo(
            f"{subject}, {kind}: mean {mean:.2f} ms of {len(took[kind])} tries,"
            f" {(mean / first - 1) * 100:+.1f} %"
        )


if __name__ == "__main__":
    main()
