"""What a monitoring system reads, and who else does not."""

import pytest
from litestar.testing import AsyncTestClient
from msgspec.structs import replace
from tochka_core.app import create_app
from tochka_core.registry.events import Judgement, Ready
from tochka_core.registry.last_judgement import write_last_judgement

TOKEN = {"Authorization": "Bearer of-prometheus"}


@pytest.fixture
async def monitored(settings, notes):
    app = create_app(replace(settings, metrics_token="of-prometheus"), [notes])
    async with AsyncTestClient(app) as client:
        yield client


async def test_the_state_and_the_seconds_of_each_module_are_measured(monitored, database):
    async with database.platform_scope(reason="test") as session:
        ready = (Ready("notes", "1.0", {"load": 0.25, "migrate": 2.0}),)
        await write_last_judgement(session, Judgement(ready, (), ()), environment=None)
    answer = await monitored.get("/metrics", headers=TOKEN)
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert 'tochka_module_state{module="notes",state="ready"} 1.0' in lines
    assert 'tochka_module_judgement_seconds{module="notes",phase="load"} 0.25' in lines
    assert 'tochka_module_judgement_seconds{module="notes",phase="migrate"} 2.0' in lines


async def test_how_a_worker_decides_is_measured(monitored):
    lines = (await monitored.get("/metrics", headers=TOKEN)).text.splitlines()
    assert "tochka_access_cache_listening 1.0" in lines
    assert 'tochka_access_cache_lookups_total{result="hit"} 0.0' in lines
    assert 'tochka_access_cache_lookups_total{result="miss"} 0.0' in lines


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer", "Bearer ключ"])
async def test_strangers_read_no_measurement(monitored, header):
    headers = {} if header is None else {"Authorization": header.encode()}
    assert (await monitored.get("/metrics", headers=headers)).status_code == 401


async def test_without_a_token_there_is_no_such_path(client, master):
    answer = await client.get("/metrics", headers=master.headers)
    assert answer.status_code == 404
    assert answer.json()["title"] == "Not found"
