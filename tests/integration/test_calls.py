"""How much Python a request runs, in calls of functions: what it takes, on a machine of any speed.

Ratios of times are the bench's (`nox -s bench`); this is what notices that one of them is lost.
"""

import cProfile
import pstats
from uuid import uuid4

import pytest
from speed.in_process import platform_here
from speed.rows import make_our_database
from speed.work import ALL
from sqlalchemy import make_url

REQUESTS = 20
TOLERANCE = 1.15
CALLS = {"health": 83, "me": 132, "list": 710, "get": 650}
"""On the locked versions. Lower one when a request takes less; raise none without a reason."""


@pytest.fixture(scope="module")
async def ours(server_url):
    return await make_our_database(make_url(server_url), f"calls_{uuid4().hex}", tenants=10)


@pytest.mark.parametrize("work", [work for work in ALL if work.name in CALLS], ids=lambda w: w.name)
async def test_a_request_takes_no_more_calls_than_it_did(ours, work):
    path, _, query = work.path.partition("?")
    async with platform_here(ours) as ask:
        for _ in range(REQUESTS):  # until all that is kept is known
            await ask(path, query=query)
        with cProfile.Profile() as profile:
            for _ in range(REQUESTS):
                await ask(path, query=query)
    calls = pstats.Stats(profile).total_calls / REQUESTS
    print(f"{work.name}: {calls:.0f} calls")
    assert calls <= CALLS[work.name] * TOLERANCE
