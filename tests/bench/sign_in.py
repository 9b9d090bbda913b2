"""How many people can sign in, and how long others wait meanwhile.

`tochka serve` with one worker and 32 people who sign in again and again. The client runs beside it,
on the same cores.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

import bcrypt
import click
import httpx
from tochka_plugins.testing import running_platform

COST: Final = 12
PEOPLE: Final = 32
ROUNDS: Final = 5
SECONDS: Final = 20
READINGS: Final = 600
READ_EACH_SECONDS: Final = 0.025
PASSWORD: Final = "correct horse battery"
LOGIN, REGISTER, ME = (f"/api/v1/{path}" for path in ("auth/login", "auth/register", "users/me"))


def main() -> None:
    """Measure, and print the figures with what they are measured against."""
    with running_platform(environ={"TOCHKA_BCRYPT_COST": str(COST)}) as platform:
        asyncio.run(_measure(platform.base_url))


async def _measure(base_url: str) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:
        people = [{"phone": f"+7999100{n:04}", "password": PASSWORD} for n in range(PEOPLE)]
        for person in people:
            (await client.post(REGISTER, json=person)).raise_for_status()
        token = (await client.post(LOGIN, json=people[0])).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        pairs = [
            (_hash_for(SECONDS) / SECONDS, await _sign_in_for(client, people, SECONDS) / SECONDS)
            for _ in range(ROUNDS)
        ]
        _tell_pairs(pairs)
        idle = await _read(client, headers)
        storm = asyncio.create_task(_sign_in_for(client, people, 8 * SECONDS))
        await asyncio.sleep(1)
        busy = await _read(client, headers)
        storm.cancel()
        with suppress(asyncio.CancelledError):
            await storm
        click.echo(
            f"GET {ME}: p99 {_p99(idle):.1f} ms idle, {_p99(busy):.1f} ms while {PEOPLE} sign in;"
            f" ratio {_p99(busy) / _p99(idle):.1f} (medians {statistics.median(idle) * 1000:.1f}"
            f" and {statistics.median(busy) * 1000:.1f} ms)"
        )


def _tell_pairs(pairs: Sequence[tuple[float, float]]) -> None:
    ratios = sorted(signed_in / hashed for hashed, signed_in in pairs)
    hashed, signed_in = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    click.echo(
        f"signing in: {signed_in:.2f} a second, of {hashed:.2f} hashes of cost {COST} that all"
        f" cores make; ratio {statistics.median(ratios):.2f}, in {ROUNDS} rounds {ratios[0]:.2f} to"
        f" {ratios[-1]:.2f}"
    )


def _hash_for(seconds: float) -> int:
    """Return how many hashes all cores make in time, with nothing else to do."""
    until = time.monotonic() + seconds

    def hash_on() -> int:
        done = 0
        while time.monotonic() < until:
            bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(COST))
            done += time.monotonic() < until
        return done

    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as threads:
        return sum(one.result() for one in [threads.submit(hash_on) for _ in range(cores)])


async def _sign_in_for(
    client: httpx.AsyncClient, people: Sequence[dict[str, str]], seconds: float
) -> int:
    """Have all *people* sign in, each again and again; return how often it was done in time."""
    until = time.monotonic() + seconds
    done = 0

    async def sign_in(person: dict[str, str]) -> None:
        nonlocal done
        while time.monotonic() < until:
            answer = await client.post(LOGIN, json=person)
            # Refused (503) is who has waited too long: a slow machine lets fewer people in.
            done += answer.is_success and time.monotonic() < until

    await asyncio.gather(*map(sign_in, people))
    return done


async def _read(client: httpx.AsyncClient, headers: dict[str, str]) -> Sequence[float]:
    """Return how many seconds each of some requests took, of which one begins at a time."""
    took = []
    for _ in range(READINGS):
        started = time.perf_counter()
        (await client.get(ME, headers=headers)).raise_for_status()
        took.append(time.perf_counter() - started)
        await asyncio.sleep(READ_EACH_SECONDS)
    return took


def _p99(seconds: Sequence[float]) -> float:
    """Return the 99th percentile in milliseconds."""
    return statistics.quantiles(seconds, n=100)[98] * 1000


if __name__ == "__main__":
    main()
