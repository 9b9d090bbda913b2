"""The domains that tenants had before there was a table of domains stay theirs."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from tochka_migrations import core_target, upgrade
from tochka_migrations.downgrading import downgrade, plan_downgrade

INSERT_TENANT = (
    "INSERT INTO tochka.tenants (id, name, title, domain) VALUES (:id, :name, :name, :domain)"
)
TENANTS = "SELECT name, domain FROM tochka.tenants ORDER BY name"
DOMAINS = (
    "SELECT t.name, d.domain, d.method FROM tochka.domains d"
    " JOIN tochka.tenants t ON t.id = d.holder_id"
)


@pytest.fixture
def before(core_before):
    """The core as it was before there was a table of domains."""
    return core_before("domains")


async def test_a_domain_stays_its_tenants_forth_and_back(empty, before):
    async def rows(statement):
        async with empty.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    outcome = (await upgrade(empty, [before])).outcomes[0]
    async with empty.begin() as connection:
        for name, domain in (("acme", "shop.example.com"), ("globex", None)):
            await connection.execute(
                text(INSERT_TENANT), {"id": uuid4(), "name": name, "domain": domain}
            )
    assert (await upgrade(empty, [core_target()])).failures == {}
    assert await rows(DOMAINS) == [("acme", "shop.example.com", "platform")]
    async with empty.connect() as connection:
        planned = await connection.run_sync(plan_downgrade, core_target(), outcome.after)
    await downgrade(empty, core_target(), planned)
    assert await rows(TENANTS) == [("acme", "shop.example.com"), ("globex", None)]
