"""A module that takes the money records what was sold, without HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from msgspec.structs import replace
from notes_module.tenant_acts import ACTS
from sqlalchemy import text
from tochka_core.registry.module_door import ModuleDoor
from tochka_core.subscriptions.sales import Sales
from tochka_core.tenants.hooks import TenantHooks
from tochka_plugins import Conflict, InvalidInput, NotFound, Unavailable

LATER = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture
def subscriptions(doors):
    sales = Sales(TenantHooks(doors.neighbourhood), grace_days=3)
    return ModuleDoor(replace(doors, sales=sales), "notes").subscriptions


@pytest.fixture
async def tenant_id(acme, database):
    async with database.platform_scope(reason="test") as session:
        return await session.scalar(text("SELECT id FROM tochka.tenants"))


async def test_what_a_module_records_is_in_force_and_names_it(
    client, acme, tenant_id, subscriptions, *, make_plan, in_acme
):
    await make_plan()
    sold = await subscriptions.sell(tenant_id, plan="pro", trial=True)
    assert (sold.state, sold.plan, sold.modules) == ("trialing", "pro", ("notes",))
    renewed = await subscriptions.renew(tenant_id, sold.id, paid_until=LATER)
    assert renewed.paid_until == LATER
    again = await subscriptions.renew(tenant_id, sold.id, paid_until=LATER)
    assert again == renewed
    changed = await subscriptions.change_plan(
        tenant_id, sold.id, "pro", at=LATER - timedelta(days=1)
    )
    assert changed.plan == "pro"
    headers = await in_acme(acme)
    assert (await client.get("/api/v1/notes", headers=headers)).status_code == 200
    canceled = await subscriptions.cancel(tenant_id, sold.id, at="now")
    assert canceled.state == "canceled"
    headers = await in_acme(acme)
    assert (await client.get("/api/v1/notes", headers=headers)).status_code == 402
    entries = await client.get("/api/v1/tenants/acme/audit", headers=headers)
    written = [
        (item["action"].partition(".")[2], item["actor"], item["detail"]["by"])
        for item in entries.json()["items"]
        if item["action"].startswith("subscription.")
    ]
    done = ("canceled", "plan_changed", "renewed", "sold")
    assert written == [(action, None, "notes") for action in done]


async def test_modules_are_told_and_may_refuse(tenant_id, subscriptions, make_plan, monkeypatch):
    async def refuse(_tenant, subscription, _session):
        raise Conflict(f"{subscription.event}: no")

    await make_plan()
    monkeypatch.setitem(ACTS, "subscription", refuse)
    with pytest.raises(Conflict, match="sold: no"):
        await subscriptions.sell(tenant_id, plan="pro")
    monkeypatch.delitem(ACTS, "subscription")
    assert (await subscriptions.sell(tenant_id, plan="pro")).state == "active"


async def test_what_cannot_be_sold_is_refused_as_by_the_api(tenant_id, subscriptions):
    with pytest.raises(InvalidInput):
        await subscriptions.sell(tenant_id, plan="nothing")
    with pytest.raises(InvalidInput):
        await subscriptions.sell(tenant_id, modules=["notes"])
    with pytest.raises(NotFound):
        await subscriptions.renew(tenant_id, tenant_id, paid_until=None)
    with pytest.raises(NotFound):
        await subscriptions.sell(uuid4(), modules=["notes"])


def test_nothing_is_sold_where_modules_cannot_be_told(doors):
    with pytest.raises(Unavailable):
        _ = ModuleDoor(doors, "notes").subscriptions
