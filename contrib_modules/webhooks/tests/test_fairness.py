"""No tenant keeps the others waiting, whatever its names and its endpoints do."""

import asyncio
import threading
from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from receiving import WAIT_SECONDS
from tochka_plugins.core_events import TenantSuspended
from tochka_webhooks.names import LOOKUPS_AT_ONCE, LOOKUPS_OF_A_TENANT, Crowded, Names, Unanswered
from tochka_webhooks.outbox import write_down
from tochka_webhooks.queue import Due
from tochka_webhooks.sending import Sender
from tochka_webhooks.turns import ENDPOINTS_AT_ONCE, ENDPOINTS_OF_A_TENANT, take_turns

ACME, GLOBEX = uuid4(), uuid4()


class NameServers:
    """Names that end in `.slow` are answered when the test ends; all lead to this machine."""

    def __init__(self):
        self.asked = []
        self.ended = threading.Event()

    def getaddrinfo(self, host, _port, **_options):
        self.asked.append(host)
        if host.endswith(".slow"):
            self.ended.wait(WAIT_SECONDS)
        return [(None, None, None, "", ("127.0.0.1", 0))]


@pytest.fixture
async def name_servers(monkeypatch):
    servers = NameServers()
    monkeypatch.setattr("tochka_webhooks.names.socket.getaddrinfo", servers.getaddrinfo)
    yield servers
    servers.ended.set()


@pytest.fixture
async def names(name_servers):
    names = Names()
    yield names
    name_servers.ended.set()
    names.close()


async def test_slow_names_of_one_tenant_keep_no_other_waiting(names, name_servers):
    slow = [
        asyncio.create_task(names.look_up(f"{number}.slow", WAIT_SECONDS, ACME))
        for number in range(LOOKUPS_AT_ONCE * 2)
    ]
    async with asyncio.timeout(WAIT_SECONDS / 2):
        (found,) = await names.look_up("good", WAIT_SECONDS, GLOBEX)
    assert str(found) == "127.0.0.1"
    assert len(name_servers.asked) <= LOOKUPS_OF_A_TENANT + 1
    name_servers.ended.set()
    await asyncio.gather(*slow)
    assert len(name_servers.asked) == len(slow) + 1


async def test_who_is_not_asked_has_not_failed_to_answer(names):
    asking = [names.look_up(f"{number}.slow", 0.1, ACME) for number in range(5)]
    came = Counter(type(item) for item in await asyncio.gather(*asking, return_exceptions=True))
    assert came == {Unanswered: LOOKUPS_OF_A_TENANT, Crowded: 5 - LOOKUPS_OF_A_TENANT}


async def test_a_name_that_is_slow_takes_one_thread_however_often_it_is_asked_for(
    names, name_servers, monkeypatch
):
    monkeypatch.setattr("tochka_webhooks.names._KNOWN_SECONDS", -1)
    slow = [f"{number}.slow" for number in range(LOOKUPS_OF_A_TENANT)]
    for _ in range(3):
        asking = [names.look_up(name, 0.05, ACME) for name in slow]
        came = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(item) for item in came} == {Unanswered}
    assert max(Counter(name_servers.asked).values()) == 1


async def test_what_was_found_a_moment_ago_needs_no_thread(names, name_servers, monkeypatch):
    await names.look_up("good", WAIT_SECONDS, ACME)
    await names.look_up("good", WAIT_SECONDS, GLOBEX)
    assert name_servers.asked == ["good"]
    monkeypatch.setattr("tochka_webhooks.names._KNOWN_SECONDS", -1)
    for _ in range(2):
        await names.look_up("another", WAIT_SECONDS, ACME)
    assert name_servers.asked == ["good", "another", "another"]


async def test_what_finds_no_room_to_look_its_name_up_is_due_without_a_try(
    acme, globex, courier, name_servers
):
    endpoints = [acme.listen(f"http://{number}.slow/") for number in range(3)]
    globex.listen(f"http://globex.example.com:{globex.receiver.port}/")
    for tenant in (acme, globex):
        async with tenant.scope() as session:
            await write_down(session, TenantSuspended())
    await courier(seconds=2.0).deliver_due()
    name_servers.ended.set()
    assert [item["status"] for item in globex.deliveries()] == ["delivered"]
    *tried, untried = sorted(acme.deliveries(), key=lambda item: -item["tries"])
    assert len(tried) == LOOKUPS_OF_A_TENANT == len(endpoints) - 1
    for item in tried:
        (attempt,) = acme.attempts(item)
        told = "The name servers of its host have not answered within 2 s."
        assert (item["tries"], attempt["error"]) == (1, told)
    assert (untried["status"], untried["tries"], acme.attempts(untried)) == ("pending", 0, [])
    assert datetime.fromisoformat(untried["due_at"]) <= datetime.now(UTC)


async def test_what_finds_no_room_while_it_is_sent_is_not_a_try_either(acme, courier, monkeypatch):
    async def fail(*_arguments, **_options):
        raise Crowded

    monkeypatch.setattr(Sender, "post", fail)
    acme.listen()
    async with acme.scope() as session:
        await write_down(session, TenantSuspended())
    await courier().deliver_due()
    (delivery,) = acme.deliveries()
    assert (delivery["status"], delivery["tries"]) == ("pending", 0)
    assert acme.attempts(delivery) == []


def of(tenant_id, count):
    return [Due(tenant_id, uuid4()) for _ in range(count)]


def test_a_tenant_with_many_endpoints_leaves_room_for_who_comes_next():
    busy = of(ACME, ENDPOINTS_AT_ONCE * 2)
    visited = take_turns(busy, [])
    assert visited == busy[: ENDPOINTS_AT_ONCE // 2]
    assert take_turns(busy, visited[:1]) == visited[1:]
    assert take_turns(busy, visited) == []
    late = of(GLOBEX, ENDPOINTS_OF_A_TENANT + 1)
    assert take_turns(busy + late, visited) == late[:ENDPOINTS_OF_A_TENANT]


def test_tenants_take_turns():
    tenants = [uuid4() for _ in range(ENDPOINTS_AT_ONCE // 2)]
    found = [due for tenant in tenants for due in of(tenant, 20)]
    shares = Counter(due.tenant_id for due in take_turns(found, []))
    assert shares == dict.fromkeys(tenants, 2)


def test_who_has_places_comes_after_who_has_none():
    under_way = of(ACME, ENDPOINTS_OF_A_TENANT - 1) + of(uuid4(), ENDPOINTS_AT_ONCE - 4)
    waiting, first = of(ACME, 5), of(GLOBEX, 1)
    assert take_turns(under_way + waiting + first, under_way) == first


def test_there_is_never_more_than_there_are_places_for():
    found = [due for _ in range(ENDPOINTS_AT_ONCE + 1) for due in of(uuid4(), 1)]
    assert take_turns(found, []) == found[:ENDPOINTS_AT_ONCE]
    assert take_turns(found, found[:ENDPOINTS_AT_ONCE]) == []
