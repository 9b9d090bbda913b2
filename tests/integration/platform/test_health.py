"""What a balancer reads of a platform that is busy."""

import pytest
from notes_module.tenant_acts import ACTS
from sqlalchemy import text
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.http import health
from tochka_core.registry import health as module_health


async def test_readiness_does_not_wait_for_long(settings, client, monkeypatch):
    async with maintenance_engine(settings.engine_url) as engine, engine.connect() as other:
        await other.execute(text("LOCK TABLE tochka.modules IN ACCESS EXCLUSIVE MODE"))
        with monkeypatch.context() as patch:
            patch.setattr(health, "_PATIENCE_SECONDS", 0.05)
            answer = await client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["database"] == "unavailable"
        await other.rollback()
        assert (await client.get("/health/ready")).status_code == 200


@pytest.fixture
def readiness(client, monkeypatch):
    """Return the status, and what is said of the test module; no answer is an old one."""
    monkeypatch.setattr(module_health, "FRESH_SECONDS", 0)

    async def readiness():
        answer = await client.get("/health/ready")
        notes = next(item for item in answer.json()["modules"] if item["name"] == "notes")
        return answer.status_code, notes

    return readiness


async def test_a_module_that_no_tenant_has_is_not_asked(readiness, make_tenant, monkeypatch):
    asked = []

    async def look(platform):
        asked.append([tenant.name for tenant in await platform.tenants()])

    monkeypatch.setitem(ACTS, "ink", look)
    assert (await readiness())[1]["checks"] == []
    await make_tenant("acme")
    assert (await readiness())[1]["checks"] == [{"name": "ink", "state": "passed"}]
    assert asked == [["acme"]]


async def test_a_check_that_fails_is_told_without_its_reason(readiness, make_tenant, monkeypatch):
    await make_tenant("acme")

    async def fail(_platform):
        raise RuntimeError("the secret")

    monkeypatch.setitem(ACTS, "ink", fail)
    status, notes = await readiness()
    assert (status, notes["state"]) == (200, "ready")
    assert notes["checks"] == [{"name": "ink", "state": "failed"}]
    assert "secret" not in str(notes)


async def test_a_module_that_is_not_served_is_not_asked(readiness, make_tenant, change):
    await make_tenant("acme")
    await change("UPDATE tochka.modules SET state = 'quarantined', reason = 'is broken'")
    status, notes = await readiness()
    assert (status, notes["state"], notes["checks"]) == (200, "quarantined", [])
