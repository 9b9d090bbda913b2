"""Who hears of no changes takes nothing for known."""

from contextlib import asynccontextmanager

import pytest
from executed import executed_or_begun
from sqlalchemy import text
from tochka_core import backoff
from tochka_core.access import listener
from tochka_core.db.maintenance import maintenance_engine
from waiting import eventually


@pytest.fixture
def interrupt(settings, monkeypatch):
    """End the sessions that listen, and let no other begin inside the block."""

    @asynccontextmanager
    async def interrupt():
        with monkeypatch.context() as patch:
            patch.setattr(listener, "create_async_engine", _refuse)
            async with maintenance_engine(settings.engine_url) as engine, engine.begin() as session:
                ended = await session.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE application_name = :name AND datname = current_database()"
                    ),
                    {"name": listener.APPLICATION_NAME},
                )
                assert all(ended.scalars())
            yield

    monkeypatch.setattr(backoff, "_MAX_SECONDS", 0.05)
    return interrupt


def _refuse(*_, **__):
    raise ConnectionRefusedError


async def test_while_it_cannot_listen_a_worker_asks_the_database_each_time(
    client, make_tenant, execute, interrupt, answers
):
    owner = await make_tenant("acme")
    path, headers = "/api/v1/notes/nothing", owner.at("acme")
    assert (await client.get(path, headers=headers)).status_code == 200
    async with interrupt():
        await _ask_until(client, path, headers, has_queries=True)
        for _ in range(3):
            with executed_or_begun() as seen:
                assert (await client.get(path, headers=headers)).status_code == 200
            assert seen
        report = (await client.get("/health/ready")).json()
        assert (report["status"], report["access_cache"]) == ("ready", "bypassed")
        await execute("UPDATE tochka.tenants SET suspended_at = now()")
        assert (await client.get(path, headers=headers)).status_code == 403
        await execute("UPDATE tochka.tenants SET suspended_at = NULL")
    await _ask_until(client, path, headers, has_queries=False)
    assert (await client.get("/health/ready")).json()["access_cache"] == "listening"
    await execute("UPDATE tochka.tenants SET suspended_at = now()")
    await answers(403, path, headers=headers)


async def _ask_until(client, path, headers, *, has_queries):
    async def is_so():
        with executed_or_begun() as seen:
            assert (await client.get(path, headers=headers)).status_code == 200
        return bool(seen) == has_queries

    await eventually(is_so)
