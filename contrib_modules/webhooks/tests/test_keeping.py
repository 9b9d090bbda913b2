"""What has ended is kept as long as the tenant wants, and what is late is noticed."""

from datetime import UTC, datetime, timedelta

import pytest
from tochka_plugins.core_events import TenantSuspended
from tochka_webhooks.delivering import PARCELS_AT_ONCE
from tochka_webhooks.health import MOST_LATE, Late, check_punctuality
from tochka_webhooks.keeping import clean
from tochka_webhooks.outbox import write_down

SETTINGS = "/api/v1/tenants/{}/modules/webhooks/settings"


@pytest.fixture
async def ended(tochka, acme, receiver, courier):
    """Three deliveries: one is delivered, one dead, one pending; the time stands still."""
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    endpoint = acme.listen()
    for answer in (200, 410, 500):
        receiver.answers = [answer]
        await tell(acme)
        await courier().deliver_due()
        acme.enable(endpoint)


async def tell(tenant):
    async with tenant.scope() as session:
        await write_down(session, TenantSuspended())


async def statuses_after(tochka, acme, **later):
    tochka.clock.move(timedelta(**later))
    await clean(tochka.door())
    return [item["status"] for item in acme.deliveries()]


async def test_what_has_ended_is_removed_in_time(tochka, acme, ended):
    assert await statuses_after(tochka, acme, days=6) == ["delivered", "dead", "pending"]
    assert await statuses_after(tochka, acme, days=2) == ["dead", "pending"]
    assert await statuses_after(tochka, acme, days=30) == ["pending"]


async def test_a_tenant_says_how_long(tochka, acme, ended):
    wanted = {"keep_delivered_days": 40, "keep_dead_days": 1}
    assert acme.client.patch(SETTINGS.format("acme"), json=wanted).is_success
    assert await statuses_after(tochka, acme, days=2) == ["delivered", "pending"]


async def test_one_that_has_disabled_the_module_keeps_all_and_keeps_none_from_it(
    tochka, acme, globex, courier, ended
):
    globex.listen()
    await tell(globex)
    await courier().deliver_due()
    module = "/api/v1/tenants/{}/modules/webhooks"
    assert acme.client.put(module.format("acme"), json={"enabled": False}).is_success
    tochka.clock.move(timedelta(days=8))
    await clean(tochka.door())
    assert globex.deliveries() == []
    assert acme.client.put(module.format("acme"), json={"enabled": True}).is_success
    assert "delivered" in [item["status"] for item in acme.deliveries()]


async def test_it_is_noticed_when_nothing_is_sent(tochka, acme):
    acme.listen()
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    await tell(acme)
    tochka.clock.move(MOST_LATE / 2)
    await check_punctuality(tochka.door())
    tochka.clock.move(MOST_LATE)
    with pytest.raises(Late):
        await check_punctuality(tochka.door())
    module = "/api/v1/tenants/acme/modules/webhooks"
    assert acme.client.put(module, json={"enabled": False}).is_success
    await check_punctuality(tochka.door())  # what waits for the tenant is not late


async def test_one_that_is_behind_is_not_taken_for_nothing_sent(tochka, acme, courier):
    acme.listen()
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    for _ in range(PARCELS_AT_ONCE + 1):
        await tell(acme)
    tochka.clock.move(MOST_LATE * 2)
    await courier().deliver_due()
    assert len(acme.deliveries(status="pending")) == 1
    await check_punctuality(tochka.door())
    tochka.clock.move(MOST_LATE * 2)
    with pytest.raises(Late):
        await check_punctuality(tochka.door())


async def test_what_waits_for_its_endpoint_is_not_late(tochka, acme):
    endpoint = acme.listen()
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    await tell(acme)
    tochka.clock.move(MOST_LATE * 2)
    with pytest.raises(Late):
        await check_punctuality(tochka.door())
    acme.enable(endpoint, enabled=False)
    await check_punctuality(tochka.door())
    assert [item["status"] for item in acme.deliveries()] == ["pending"]
