"""What a balancer reads of a platform that is busy."""

from sqlalchemy import text
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.http import health


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
