"""Tenants that count, at moments of the test's choosing."""

from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from time_travel import time_travel
from tochka_plugins import Limits


@pytest.fixture
async def tenants(database):
    """Two tenants; their ids by name."""
    ids = {"acme": uuid4(), "globex": uuid4()}
    async with database.platform_scope(reason="test") as session:
        await session.execute(
            text("INSERT INTO tochka.tenants (id, name, title) VALUES (:id, :name, :name)"),
            [{"id": tenant_id, "name": name} for name, tenant_id in ids.items()],
        )
    return ids


@pytest.fixture
def counting(database, tenants):
    """Open a transaction of a tenant; yield what counts in it."""

    @asynccontextmanager
    async def counting(tenant="acme"):
        async with database.tenant_scope(tenants[tenant]) as session:
            yield Limits(session)

    return counting


@pytest.fixture
def consume(counting):
    """Count in a transaction that is committed; return what is counted then."""

    async def consume(name, amount=1, *, tenant="acme"):
        async with counting(tenant) as limits:
            return (await limits.consume(name, amount)).used

    return consume


@pytest.fixture
def usage(counting):
    async def usage(name, *, tenant="acme"):
        async with counting(tenant) as limits:
            return await limits.usage(name)

    return usage


@pytest.fixture
async def travel(engine):
    """Let it be another moment, until the next one."""
    async with AsyncExitStack() as stack:

        async def travel(moment):
            await stack.aclose()
            there = datetime.fromisoformat(moment)
            await stack.enter_async_context(time_travel(engine, there))

        yield travel


@pytest.fixture
def sell(database, tenants):
    """Write down that a tenant has bought so much of a limit, from one moment to another."""

    async def sell(name, value, *, starts_at="2026-01-01Z", ends_at=None, tenant="acme"):
        async with database.platform_scope(reason="test") as session:
            await session.execute(
                text(
                    "WITH sold AS (INSERT INTO tochka.subscriptions"
                    "   (tenant_id, id, starts_at, grace_days)"
                    "   VALUES (:tenant, gen_random_uuid(), now(), 0) RETURNING tenant_id, id)"
                    "INSERT INTO tochka.limit_entitlements"
                    " (tenant_id, id, subscription_id, name, value, starts_at, ends_at)"
                    " SELECT tenant_id, gen_random_uuid(), id, :name, :value,"
                    " CAST(CAST(:starts_at AS text) AS timestamptz),"
                    " CAST(CAST(:ends_at AS text) AS timestamptz) FROM sold"
                ),
                {
                    "tenant": tenants[tenant],
                    "name": name,
                    "value": value,
                    "starts_at": starts_at,
                    "ends_at": ends_at,
                },
            )

    return sell
