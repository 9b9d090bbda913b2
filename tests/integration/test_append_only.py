"""What stands in the audit log stays there, whoever the platform logs in as."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tochka_core.audit.services import record
from tochka_core.db import Database
from tochka_core.db.maintenance import maintenance_engine
from tochka_migrations import core_target, upgrade
from tochka_migrations.rls import missing_protection

CHANGES = (
    "UPDATE tochka.audit_log SET action = 'nothing'",
    "DELETE FROM tochka.audit_log",
    "TRUNCATE tochka.audit_log",
    "SELECT 1 FROM tochka.audit_log FOR UPDATE",
)


@pytest.fixture(params=["owner", "superuser"])
async def platform(request, database_url, superuser_url):
    """The platform's own pool, logged in as who owns the table and as a superuser."""
    is_owner = request.param == "owner"
    database = Database(database_url if is_owner else superuser_url, pool_size=1)
    async with database.platform_scope(reason="test") as session:
        record(session, "test.done", actor=None, tenant=None)
    yield database
    await database.dispose()


@pytest.mark.parametrize("change", CHANGES)
async def test_no_scope_changes_what_was_done(platform, engine, change):
    for scope in (platform.platform_scope(reason="test"), platform.tenant_scope(uuid4())):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with scope as session:
                await session.execute(text(change))
    async with engine.connect() as connection:
        found = await connection.scalars(text("SELECT action FROM tochka.audit_log"))
        assert found.all() == ["test.done"]


def lacks(connection):
    return missing_protection(connection, [core_target()])["core"]


@pytest.mark.parametrize(
    "damage",
    [
        "GRANT UPDATE ON tochka.audit_log TO tochka_platform",
        "GRANT UPDATE (action) ON tochka.audit_log TO tochka_platform",
        "GRANT TRUNCATE ON tochka.audit_log TO tochka_tenant",
        "GRANT DELETE ON tochka.audit_log TO PUBLIC",
        "REVOKE INSERT ON tochka.audit_log FROM tochka_platform",
        "REVOKE USAGE ON SCHEMA tochka FROM tochka_tenant",
    ],
)
async def test_a_right_that_is_wrong_is_found_and_mended(database_url, superuser_url, damage):
    async with maintenance_engine(superuser_url) as engine, engine.begin() as connection:
        await connection.execute(text(damage))
    async with maintenance_engine(database_url) as engine:
        async with engine.connect() as connection:
            assert len(await connection.run_sync(lacks)) == 1
        assert (await upgrade(engine, [core_target()])).failures == {}
        async with engine.connect() as connection:
            assert await connection.run_sync(lacks) == []
