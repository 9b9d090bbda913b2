"""A server that cannot be used is told of before anything is done to it."""

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from tochka_core.db import preflight
from tochka_core.errors import OperatorError


async def test_a_server_that_is_too_old_is_refused(server_url, monkeypatch):
    monkeypatch.setattr(preflight, "MIN_SERVER_VERSION", 990_000)
    engine = create_async_engine(server_url, poolclass=NullPool)
    with pytest.raises(OperatorError, match=r"is version \d+; version 15 or newer is needed"):
        await preflight.check_server(engine)
    await engine.dispose()
