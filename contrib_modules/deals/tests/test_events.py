"""What other modules are told of deals, in the transaction in which it happens."""

import asyncio
from uuid import UUID

import pytest
from tochka_deals.events import DealCreated, DealLost, DealStageChanged, DealWon

DEALS = "/api/v1/deals"


@pytest.fixture
def ids(stages):
    """Return the ids of stages by name, as events have them."""
    return {name: UUID(stage_id) for name, stage_id in stages.items()}


def created(deal):
    ids = (UUID(deal[field]) for field in ("id", "contact_id", "pipeline_id", "stage_id"))
    return DealCreated(*ids)


def ended(kind, deal):
    return kind(UUID(deal["id"]), UUID(deal["contact_id"]), deal["amount_minor"], deal["currency"])


def test_what_happens_to_a_deal_is_told(tochka, create, stages, ids, move):
    deal = create(amount_minor=500, currency="EUR")
    assert tochka.events("acme") == [created(deal)]
    path = [("New", "Qualified"), ("Qualified", "Won"), ("Won", "Lost"), ("Lost", "New")]
    for _, to in path:
        move(deal, stages[to])
    changed = [DealStageChanged(UUID(deal["id"]), ids[here], ids[there]) for here, there in path]
    won, lost = ended(DealWon, deal), ended(DealLost, deal)
    assert tochka.events("acme") == [
        created(deal),
        *(changed[0], changed[1]),
        *(won, changed[2]),
        *(lost, changed[3]),
    ]


def test_a_deal_that_begins_at_its_end_is_won_at_once(tochka, create, stages):
    deal = create(stage_id=stages["Won"], amount_minor=7)
    assert tochka.events() == [created(deal), ended(DealWon, deal)]


def test_won_twice_over_is_told_once(tochka, acme, create, stages, move):
    deal = create(stage_id=stages["Won"])
    wanted = {"name": "Paid", "kind": "won"}
    paid = acme.post(f"{DEALS}/pipelines/{deal['pipeline_id']}/stages", json=wanted)
    move(deal, paid.json()["id"])
    assert [type(event) for event in tochka.events()] == [DealCreated, DealWon, DealStageChanged]


def test_what_changes_no_stage_is_not_told(tochka, acme, create, stages, move):
    deal = create()
    move(deal, stages["New"])
    acme.patch(f"{DEALS}/{deal['id']}", json={"title": "Tables"})
    acme.delete(f"{DEALS}/{deal['id']}")
    assert tochka.events() == [created(deal)]


def test_what_is_refused_is_not_told(tochka, acme, create, stages, sell):
    sell(1)
    deal = create()
    body = {"title": "x", "contact_id": deal["contact_id"]}
    assert acme.post(DEALS, json=body).status_code == 402
    stale = {"stage_id": stages["Won"], "from_stage_id": stages["Lost"]}
    assert acme.post(f"{DEALS}/{deal['id']}/move", json=stale).status_code == 409
    assert tochka.events() == [created(deal)]


async def test_of_those_who_win_it_at_once_one_is_told_of(tochka, acme, create, stages):
    deal, caller = create(), acme.asynchronous()
    path, won = f"{DEALS}/{deal['id']}/move", {"stage_id": stages["Won"]}
    await asyncio.gather(*(caller.post(path, json=won) for _ in range(5)))
    told = [type(event) for event in tochka.events()]
    assert told == [DealCreated, DealStageChanged, DealWon]
