"""What happens is told: once it is committed, signed, and again until somebody has taken it."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from listening import PATH
from receiving import SETTINGS, WAIT_SECONDS, make_courier
from standardwebhooks import Webhook
from tochka_plugins import Event
from tochka_plugins.core_events import MemberRemoved, TenantSuspended
from tochka_webhooks.delivering import PARCELS_AT_ONCE
from tochka_webhooks.outbox import write_down
from tochka_webhooks.queue import claim
from tochka_webhooks.schedule import DELAYS


class CountingDoor:
    """The door of the module, which knows how many transactions are open."""

    def __init__(self, door):
        self._door = door
        self.open = self.opened = 0

    def __getattr__(self, name):
        return getattr(self._door, name)

    def tenant_scope(self, tenant_id):
        return self._counted(self._door.tenant_scope(tenant_id))

    def platform_scope(self, *, reason):
        return self._counted(self._door.platform_scope(reason=reason))

    @asynccontextmanager
    async def _counted(self, scope):
        self.open += 1
        self.opened += 1
        async with scope as session:
            yield session
        self.open -= 1


class DealWon(Event, frozen=True, tag="deals.won"):
    """Declared by no module that the tenant has."""


def test_what_is_committed_is_delivered_once_and_signed(acme, receiver, deliver):
    endpoint = acme.listen()
    who = acme.join()
    deliver()
    deliver()
    (received,) = receiver.all()
    assert received.path == "/hooks"
    assert received.headers["content-type"] == "application/json"
    event = Webhook(endpoint["secret"]).verify(received.body, received.headers)
    assert event["type"] == "tenants.member_added"
    assert event["data"] == {"user_id": str(who), "role": "member"}
    occurred = datetime.fromisoformat(event["timestamp"])
    assert abs(occurred - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_delivery_and_its_attempt_can_be_looked_at(acme, receiver, deliver):
    endpoint = acme.listen()
    acme.join()
    (pending,) = acme.deliveries(status="pending")
    assert pending["due_at"] is not None
    assert pending["finished_at"] is None
    receiver.answers = [lambda handler: handler.answer(200, b"thank you")]
    deliver()
    (delivered,) = acme.deliveries(status="delivered", endpoint_id=endpoint["id"])
    assert acme.deliveries(status="pending") == []
    received = receiver.next()
    assert delivered["message_id"] == received.id
    assert delivered["payload"] == received.body.decode()
    assert (delivered["tries"], delivered["due_at"]) == (1, None)
    (attempt,) = acme.attempts(delivered)
    assert (attempt["status_code"], attempt["error"]) == (200, None)
    assert attempt["answer"] == "thank you"
    assert attempt["duration_ms"] >= 0


def test_all_endpoints_are_told_of_one_message(acme, receiver, another, deliver):
    acme.listen()
    acme.listen(another.url)
    acme.join()
    deliver()
    assert receiver.next().id == another.next().id


def test_an_endpoint_is_told_of_what_it_wants_to_know(acme, receiver, deliver):
    acme.listen(event_types=["tenants.member_removed", "tenants.member_added"])
    acme.listen(f"{receiver.url}/removed", event_types=["tenants.member_removed"])
    acme.listen(f"{receiver.url}/off", enabled=False)
    acme.join()
    deliver()
    assert [received.path for received in receiver.all()] == ["/hooks"]
    assert len(acme.deliveries()) == 1


async def test_what_is_rolled_back_is_never_delivered(tochka, acme, courier, receiver):
    acme.listen()
    with pytest.raises(ZeroDivisionError):
        async with acme.scope() as session:
            await write_down(session, TenantSuspended())
            raise ZeroDivisionError
    await courier().deliver_due()
    assert receiver.all() == []


async def test_an_event_of_a_module_that_is_not_open_is_not_delivered(tochka, acme):
    acme.listen()
    async with acme.scope() as session:
        await write_down(session, DealWon())
    assert acme.deliveries() == []


def test_what_fails_is_tried_again_later_each_time_until_it_is_dead(
    tochka, acme, receiver, deliver
):
    endpoint = acme.listen()
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    acme.client.post(f"{PATH}/endpoints/{endpoint['id']}/test")
    deliver()
    assert receiver.next().event["type"] == "webhooks.test"
    acme.join()
    receiver.answers = [500] * (len(DELAYS) + 1)
    waits = []
    for delay in DELAYS:
        deliver()
        (delivery,) = acme.deliveries(status="pending")
        waits.append(datetime.fromisoformat(delivery["due_at"]) - tochka.clock.now())
        assert delay <= waits[-1] <= delay * 1.11
        if len(waits) == 1:
            tochka.clock.move(delay * 0.99)
            deliver()  # too early
        tochka.clock.move(delay * 1.1)
    assert waits == sorted(waits)
    assert receiver.requests.qsize() == len(DELAYS)
    deliver()
    (dead,) = acme.deliveries(status="dead")
    assert (dead["tries"], dead["due_at"]) == (len(DELAYS) + 1, None)
    assert {attempt["status_code"] for attempt in acme.attempts(dead)} == {500}
    tochka.clock.move(timedelta(days=365))
    deliver()
    received = receiver.all()
    assert len(received) == len(DELAYS) + 1
    assert len({item.id for item in received}) == 1
    assert len({item.headers["webhook-timestamp"] for item in received}) == len(received)

    replayed = acme.client.post(f"{PATH}/deliveries/{dead['id']}/replay")
    assert replayed.status_code == 202
    assert (replayed.json()["status"], replayed.json()["tries"]) == ("pending", 0)
    deliver()
    again = receiver.next()
    assert again.id == received[0].id
    assert again.body == received[0].body
    Webhook(endpoint["secret"]).verify(again.body, again.headers)
    assert [item["status"] for item in acme.deliveries()] == ["delivered"] * 2


async def test_what_a_worker_had_in_hand_when_it_died_is_delivered_by_others(
    tochka, acme, receiver, courier
):
    endpoint = acme.listen()
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    async with acme.scope() as session:
        await write_down(session, TenantSuspended())
    async with acme.scope() as session:
        now = tochka.clock.now()
        until = now + SETTINGS.claim
        taken = await claim(session, endpoint["id"], at=now, until=until, at_most=5)
    assert len(taken) == 1  # and whoever has it dies
    tochka.clock.move(SETTINGS.claim / 2)
    await courier().deliver_due()
    assert receiver.all() == []
    tochka.clock.move(SETTINGS.claim / 2)
    await courier().deliver_due()
    assert len(receiver.all()) == 1
    assert [item["status"] for item in acme.deliveries()] == ["delivered"]


async def test_who_has_lost_a_claim_says_nothing_of_it(tochka, acme, receiver, courier):
    acme.listen()
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    async with acme.scope() as session:
        await write_down(session, TenantSuspended())
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def answer_late(handler):
        loop.call_soon_threadsafe(begun.set)
        receiver.ended.wait(1)
        handler.answer(500)

    receiver.answers = [answer_late]
    slow = asyncio.create_task(courier().deliver_due())
    await begun.wait()
    tochka.clock.move(SETTINGS.claim)
    await courier().deliver_due()
    await slow
    (delivery,) = acme.deliveries()
    assert (delivery["status"], delivery["tries"]) == ("delivered", 1)
    assert [attempt["status_code"] for attempt in acme.attempts(delivery)] == [200]


async def test_of_two_that_claim_at_once_neither_waits_nor_gets_what_the_other_has(acme):
    endpoint = acme.listen()
    async with acme.scope() as session:
        for _ in range(6):
            await write_down(session, TenantSuspended())
    now = datetime.now(UTC)
    terms = {"at": now, "until": now + SETTINGS.claim, "at_most": 4}
    async with asyncio.timeout(WAIT_SECONDS), acme.scope() as one, acme.scope() as two:
        first = {item.delivery_id for item in await claim(one, endpoint["id"], **terms)}
        second = {item.delivery_id for item in await claim(two, endpoint["id"], **terms)}
    assert (len(first), len(second)) == (4, 2)
    assert not first & second


async def test_no_transaction_is_open_while_somebody_may_answer(tochka, acme, receiver):
    door = CountingDoor(tochka.door())
    acme.listen()
    async with acme.scope() as session:
        await write_down(session, TenantSuspended())
    seen = []

    def answer(handler):
        seen.append(door.open)
        handler.answer(200)

    receiver.answers = [answer]
    await make_courier(door).deliver_due()
    assert seen == [0]
    assert door.opened > 1


async def test_that_it_cannot_look_for_what_is_due_is_told_once_until_it_can_again(
    tochka, monkeypatch, caplog
):
    monkeypatch.setattr("tochka_webhooks.delivering._FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr("tochka_webhooks.delivering.LONGEST_PAUSE_SECONDS", 0.001)
    outcomes = iter([*[LookupError()] * 3, None, *[LookupError()] * 3])
    over = asyncio.Event()

    async def find(*_arguments, **_options):
        outcome = next(outcomes, over)
        if outcome is over:
            over.set()
        elif outcome:
            raise outcome
        return []

    monkeypatch.setattr("tochka_webhooks.delivering.find_due", find)
    working = asyncio.create_task(make_courier(tochka.door()).work())
    async with asyncio.timeout(WAIT_SECONDS):
        await over.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert caplog.text.count("cannot look for what is due") == 2


async def test_two_that_deliver_at_once_send_each_exactly_once(tochka, acme, receiver, courier):
    acme.listen()
    async with acme.scope() as session:
        for _ in range(50):
            await write_down(session, TenantSuspended())
    one, two = courier(), courier()
    for _ in range(50 // PARCELS_AT_ONCE + 1):
        await asyncio.gather(one.deliver_due(), two.deliver_due())
    sent = Counter(received.id for received in receiver.all())
    assert len(sent) == 50
    assert set(sent.values()) == {1}
    assert len(acme.deliveries(status="delivered", limit=200)) == 50


async def test_a_receiver_that_never_answers_keeps_no_other_waiting(
    tochka, acme, receiver, another, courier
):
    acme.listen()
    acme.listen(another.url)
    async with acme.scope() as session:
        for _ in range(3):
            await write_down(session, TenantSuspended())
    receiver.answers = [lambda _handler: receiver.ended.wait(30)] * 3
    working = asyncio.create_task(courier(seconds=60.0).work())
    for _ in range(3):
        await asyncio.to_thread(another.next)
    async with acme.scope() as session:
        await write_down(session, MemberRemoved(acme.client.user_id))
    assert (await asyncio.to_thread(another.next)).event["type"] == "tenants.member_removed"
    receiver.stop()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


def test_retry_after_is_obeyed(tochka, acme, receiver, deliver):
    acme.listen()
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    acme.join()
    receiver.answers = [lambda handler: handler.answer(503, Retry_After="3600")]
    deliver()
    (delivery,) = acme.deliveries()
    waits = datetime.fromisoformat(delivery["due_at"]) - tochka.clock.now()
    assert timedelta(hours=1) <= waits < timedelta(hours=1, minutes=1)


def test_a_receiver_that_is_gone_is_told_nothing_more(acme, receiver, deliver):
    endpoint = acme.listen()
    receiver.answers = [410]
    acme.join()
    deliver()
    acme.join()
    deliver()
    assert [item["status"] for item in acme.deliveries()] == ["dead"]
    found = acme.client.get(f"{PATH}/endpoints/{endpoint['id']}").json()
    assert (found["enabled"], found["disabled_because"]) == (False, "It has answered 410 Gone.")
    enabled = acme.enable(endpoint)
    assert (enabled["enabled"], enabled["disabled_because"]) == (True, None)


def test_a_disabled_endpoint_is_told_later_what_was_pending(acme, receiver, deliver):
    endpoint = acme.listen()
    acme.join()
    acme.enable(endpoint, enabled=False)
    acme.join()
    deliver()
    assert receiver.all() == []
    acme.enable(endpoint)
    deliver()
    assert len(receiver.all()) == 1


def test_a_tenant_that_has_disabled_the_module_is_told_later(acme, receiver, deliver):
    acme.listen()
    acme.join()
    module = "/api/v1/tenants/acme/modules/webhooks"
    assert acme.client.put(module, json={"enabled": False}).status_code == 200
    acme.join()
    deliver()
    assert receiver.all() == []
    assert acme.client.put(module, json={"enabled": True}).status_code == 200
    deliver()
    told = [received.event["type"] for received in receiver.all()]
    assert sorted(told) == ["tenants.member_added", "tenants.module_enabled"]


def test_a_suspended_tenant_is_told_when_it_is_resumed(tochka, acme, receiver, deliver):
    acme.listen()
    master = tochka.master_client()
    assert master.patch("/api/v1/tenants/acme", json={"suspension_reason": "unpaid"}).is_success
    deliver()
    assert receiver.all() == []
    assert master.patch("/api/v1/tenants/acme", json={"suspension_reason": None}).is_success
    deliver()
    told = {received.event["type"] for received in receiver.all()}
    assert told == {"tenants.suspended", "tenants.resumed"}


def test_all_that_is_dead_is_replayed_since_a_moment(tochka, acme, receiver, deliver):
    endpoint = acme.listen()
    receiver.answers = [410]
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    acme.join()
    deliver()
    for _ in range(2):
        acme.enable(endpoint)
        tochka.clock.move(timedelta(days=1))
        receiver.answers = [410]
        acme.join()
        deliver()
    acme.enable(endpoint)
    assert len(acme.deliveries(status="dead")) == 3
    receiver.all()
    replayed = acme.client.post(
        f"{PATH}/endpoints/{endpoint['id']}/replay", json={"since": "2030-01-02T00:00:00Z"}
    )
    assert (replayed.status_code, replayed.json()) == (202, {"replayed": 2})
    deliver()
    assert len(receiver.all()) == 2
    assert [item["status"] for item in acme.deliveries()] == ["dead", "delivered", "delivered"]


def test_what_has_not_ended_is_not_replayed(acme):
    acme.listen()
    acme.join()
    (pending,) = acme.deliveries()
    assert acme.client.post(f"{PATH}/deliveries/{pending['id']}/replay").status_code == 409


def test_an_endpoint_that_is_deleted_takes_its_deliveries_along(acme, receiver, deliver):
    endpoint = acme.listen()
    acme.join()
    assert acme.client.delete(f"{PATH}/endpoints/{endpoint['id']}").status_code == 204
    deliver()
    assert receiver.all() == []
    assert acme.deliveries() == []


async def test_one_that_has_failed_for_days_is_disabled_and_others_are_told(
    tochka, acme, receiver, another, courier
):
    endpoint = acme.listen(event_types=["tenants.suspended"])
    acme.listen(another.url, event_types=["webhooks.endpoint_disabled"])
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    for answers in ([200], [500] * (len(DELAYS) + 1)):
        async with acme.scope() as session:
            await write_down(session, TenantSuspended())
        receiver.answers = [*answers]
        for _ in answers:
            await courier().deliver_due()
            tochka.clock.move(timedelta(hours=30))
    found = acme.client.get(f"{PATH}/endpoints/{endpoint['id']}").json()
    assert not found["enabled"]
    assert found["succeeded_at"].startswith("2030-01-01T00:00:00")
    assert found["disabled_because"] == "It has taken nothing for 5 days."
    await courier().deliver_due()
    told = another.next().event
    assert told["type"] == "webhooks.endpoint_disabled"
    assert told["data"] == {"endpoint_id": endpoint["id"], "reason": found["disabled_because"]}
    assert acme.enable(endpoint)["disabled_because"] is None
