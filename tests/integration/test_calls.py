"""How much Python a request and a start run, in calls of functions: on a machine of any speed.

Ratios of times are the bench's (`nox -s bench`); this is what notices that one of them is lost.
"""

import cProfile
import pstats
import subprocess
import sys
from uuid import uuid4

import pytest
from small_modules import write_modules
from speed.in_process import platform_here
from speed.rows import make_our_database
from speed.work import ALL, LIST
from sqlalchemy import make_url
from tochka_core.app import create_app
from tochka_core.registry.following import load_ready
from tochka_core.settings import Settings

REQUESTS = 20
MODULES = 10
TOLERANCE = 1.15
CALLS = {"health": 83, "me": 132, "list": 710, "get": 650}
"""On the locked versions. Lower one when a request takes less; raise none without a reason."""

CALLS_OF_A_MODULE = 23_250
"""To load it and to build its part of the application, when a worker starts."""

SETTINGS = Settings(
    database_url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
    jwt_secret="0123456789abcdef0123456789abcdef",
)


@pytest.fixture(scope="module")
async def ours(server_url):
    return await make_our_database(make_url(server_url), f"calls_{uuid4().hex}", tenants=10)


@pytest.fixture
def small_modules(tmp_path, monkeypatch):
    """Versions by name of modules that are installed for this test."""
    write_modules(tmp_path, MODULES)
    monkeypatch.syspath_prepend(tmp_path)
    yield {f"small{number:03}": "1.0" for number in range(MODULES)}
    for name in [name for name in sys.modules if name.startswith("small0")]:
        del sys.modules[name]


async def calls_of_a_request(ask, work):
    path, _, query = work.path.partition("?")
    for _ in range(REQUESTS):  # until all that is kept is known
        await ask(path, query=query)
    with cProfile.Profile() as profile:
        for _ in range(REQUESTS):
            await ask(path, query=query)
    return pstats.Stats(profile).total_calls / REQUESTS


@pytest.mark.parametrize("work", [work for work in ALL if work.name in CALLS], ids=lambda w: w.name)
async def test_a_request_takes_no_more_calls_than_it_did(ours, work):
    async with platform_here(ours) as ask:
        calls = await calls_of_a_request(ask, work)
    print(f"{work.name}: {calls:.0f} calls")
    assert calls <= CALLS[work.name] * TOLERANCE


async def test_a_request_takes_as_many_calls_with_more_modules(ours, small_modules):
    calls = []
    for others in ({}, small_modules):
        async with platform_here(ours, others=others) as ask:
            calls.append(await calls_of_a_request(ask, LIST))
    assert calls[1] == pytest.approx(calls[0], rel=0.02)


def test_a_module_takes_no_more_calls_of_a_start_than_it_did(small_modules):
    create_app(SETTINGS)  # what is imported with the first one is no module's
    calls = []
    for ready in ({}, small_modules):
        with cProfile.Profile() as profile:
            assembly = load_ready(ready)
            create_app(SETTINGS, assembly.modules)
        assert len(assembly.modules) == len(ready)
        calls.append(pstats.Stats(profile).total_calls)
    of_one = (calls[1] - calls[0]) / MODULES
    print(f"a module: {of_one:.0f} calls of a start")
    assert of_one <= CALLS_OF_A_MODULE * TOLERANCE


def test_workers_are_started_before_what_takes_long_is_imported():
    """They import it meanwhile, themselves."""
    code = "import sys, tochka_core.cli.serve; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
