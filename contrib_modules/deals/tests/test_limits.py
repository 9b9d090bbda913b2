"""Open deals are counted, and bounded by the tenant's plan."""

import asyncio
from collections import Counter

import pytest

DEALS = "/api/v1/deals"


@pytest.fixture
def used(acme):
    """Return how many open deals are counted."""

    def used():
        limits = acme.get("/api/v1/tenants/acme/limits").json()
        (own,) = (limit for limit in limits if limit["module"] == "deals")
        assert own["name"] == "deals.open"
        return own["used"]

    return used


def test_open_deals_are_counted_and_no_others(acme, create, stages, move, used):
    first, second = create(), create(stage_id=stages["Won"])
    assert used() == 1
    move(first, stages["Qualified"])
    assert used() == 1
    move(first, stages["Lost"])
    move(first, stages["Won"])
    assert used() == 0
    move(second, stages["New"])
    assert used() == 1
    acme.delete(f"{DEALS}/{first['id']}")
    assert used() == 1
    for _ in range(2):
        acme.delete(f"{DEALS}/{second['id']}")
    assert used() == 0


def test_what_is_refused_is_not_counted(acme, contact, stages, used):
    assert acme.post(DEALS, json={"title": "", "contact_id": contact["id"]}).status_code == 400
    assert used() == 0


def test_no_more_are_open_than_the_plan_says(acme, create, stages, move, sell):
    sell(1)
    deal = create()
    body = {"title": "x", "contact_id": deal["contact_id"]}
    refused = acme.post(DEALS, json=body)
    assert (refused.status_code, refused.json()["limit"]) == (402, "deals.open")
    closed = create(stage_id=stages["Won"])
    reopened = acme.post(f"{DEALS}/{closed['id']}/move", json={"stage_id": stages["New"]})
    assert reopened.status_code == 402
    assert acme.get(f"{DEALS}/{closed['id']}").json()["status"] == "won"
    assert len(acme.get(f"{DEALS}/{closed['id']}/changes").json()["items"]) == 1
    move(deal, stages["Lost"])
    create()


async def test_at_once_no_more_are_opened_than_the_plan_says(acme, contact, stages, sell, used):
    sell(3)
    caller, body = acme.asynchronous(), {"title": "x", "contact_id": contact["id"]}
    answers = await asyncio.gather(*(caller.post(DEALS, json=body) for _ in range(8)))
    assert Counter(answer.status_code for answer in answers) == {201: 3, 402: 5}
    assert acme.get(DEALS).json()["total"] == used() == 3


async def test_of_those_who_close_a_deal_at_once_one_gives_it_back(acme, create, stages, used):
    deal, _ = create(), create()
    caller = acme.asynchronous()
    path, won = f"{DEALS}/{deal['id']}", {"stage_id": stages["Won"]}
    await asyncio.gather(*(caller.post(f"{path}/move", json=won) for _ in range(4)))
    assert used() == 1
    await asyncio.gather(*(caller.delete(path) for _ in range(4)))
    assert used() == 1
