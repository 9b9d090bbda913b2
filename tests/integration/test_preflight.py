"""A server that cannot be used is told of before anything is done to it."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tochka_core.db import preflight
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.errors import OperatorError
from tochka_core.registry.migration import upgrade_core


async def test_a_server_that_is_too_old_is_refused(server_url, monkeypatch):
    monkeypatch.setattr(preflight, "MIN_SERVER_VERSION", 990_000)
    engine = create_async_engine(server_url, poolclass=NullPool)
    with pytest.raises(OperatorError, match=r"is version \d+; version 15 or newer is needed"):
        await preflight.check_server(engine)
    await engine.dispose()


async def test_a_database_that_cannot_be_written_is_refused(empty_database_url):
    """Its server is as good as any; a standby says the same of itself."""
    server_settings = {"default_transaction_read_only": "on"}
    engine = create_async_engine(
        empty_database_url, poolclass=NullPool, connect_args={"server_settings": server_settings}
    )
    with pytest.raises(OperatorError, match="is read-only"):
        await preflight.check_server(engine)
    await engine.dispose()


async def test_a_role_that_may_not_make_schemas_is_told_the_grant_it_lacks(
    engine, empty_database_url
):
    """The platform's roles are there, as another database of the server has them."""
    guest = empty_database_url.set(username="guest", password="guest")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE ROLE guest LOGIN PASSWORD 'guest'"))
        await connection.execute(text("GRANT tochka_tenant, tochka_platform TO guest"))
    try:
        async with maintenance_engine(guest) as visitor:
            with pytest.raises(OperatorError) as caught:
                await upgrade_core(visitor)
    finally:
        async with engine.begin() as connection:
            await connection.execute(text("DROP ROLE guest"))
    grant = f'GRANT CREATE ON DATABASE "{empty_database_url.database}" TO "guest";'
    assert f"have an administrator run: {grant}" in str(caught.value)
