"""How deals go from stage to stage."""

import asyncio
from collections import Counter
from itertools import pairwise
from uuid import uuid4

DEALS, PIPELINES = "/api/v1/deals", "/api/v1/deals/pipelines"


def changes(caller, deal):
    answer = caller.get(f"{DEALS}/{deal['id']}/changes").json()
    assert answer["total"] == len(answer["items"])
    return answer["items"]


def test_a_deal_goes_from_stage_to_stage(acme, create, stages, move):
    deal = create()
    assert move(deal, stages["Qualified"])["status"] == "open"
    won = move(deal, stages["Won"])
    assert (won["status"], won["closed_at"] is None) == ("won", False)
    lost = move(deal, stages["Lost"])
    assert lost["status"] == "lost"
    assert lost["closed_at"] > won["closed_at"]
    again = move(deal, stages["New"])
    assert (again["status"], again["closed_at"]) == ("open", None)


def test_history_tells_who_has_moved_it_when_and_where(tochka, acme, create, stages, move):
    deal = create()
    member = tochka.member_client("acme", permissions=["deals:read", "deals:write"])
    member.post(f"{DEALS}/{deal['id']}/move", json={"stage_id": stages["Won"]})
    began, moved = changes(acme, deal)
    assert (began["from_stage"], began["to_stage"]) == (None, "New")
    assert (moved["from_stage_id"], moved["to_stage_id"]) == (stages["New"], stages["Won"])
    assert (moved["from_stage"], moved["to_stage"]) == ("New", "Won")
    who = [began["changed_by"], moved["changed_by"]]
    assert who == [str(acme.user_id), str(member.user_id)]
    assert began["created_at"] < moved["created_at"]


def test_history_keeps_the_names_of_stages_that_are_gone(acme, create, stages, move):
    deal = create(stage_id=stages["Qualified"])
    move(deal, stages["Won"])
    acme.patch(f"{DEALS}/stages/{stages['Won']}", json={"name": "Sold"})
    assert acme.delete(f"{DEALS}/stages/{stages['Qualified']}").status_code == 204
    assert [item["to_stage"] for item in changes(acme, deal)] == ["Qualified", "Won"]


def test_where_it_is_already_nothing_happens(acme, create, stages, move):
    deal = create(stage_id=stages["Won"])
    assert move(deal, stages["Won"]) == deal
    assert len(changes(acme, deal)) == 1


def test_a_stage_of_another_pipeline_will_do(acme, create, made, move):
    deal = create()
    other = made(acme, PIPELINES, name="Renewals", stages=[{"name": "Due"}])
    moved = move(deal, other["stages"][0]["id"])
    assert moved["pipeline_id"] == other["id"] != deal["pipeline_id"]


def test_won_twice_over_it_was_closed_the_first_time(acme, create, stages, move):
    deal = create(stage_id=stages["Won"])
    wanted = {"name": "Paid", "kind": "won"}
    paid = acme.post(f"{PIPELINES}/{deal['pipeline_id']}/stages", json=wanted).json()
    moved = move(deal, paid["id"])
    assert (moved["stage_id"], moved["closed_at"]) == (paid["id"], deal["closed_at"])


def test_a_stage_that_there_is_not_is_refused(acme, create):
    deal = create()
    path = f"{DEALS}/{deal['id']}/move"
    assert acme.post(path, json={"stage_id": str(uuid4())}).status_code == 400
    assert len(changes(acme, deal)) == 1


def test_a_move_from_where_it_is_no_more_is_refused(acme, create, stages, move):
    deal = create()
    move(deal, stages["Qualified"], from_stage_id=stages["New"])
    stale = {"stage_id": stages["Won"], "from_stage_id": stages["New"]}
    refused = acme.post(f"{DEALS}/{deal['id']}/move", json=stale)
    assert (refused.status_code, refused.json()["stage_id"]) == (409, stages["Qualified"])


async def test_of_moves_at_once_each_sees_those_before(acme, create, stages):
    deal, caller = create(), acme.asynchronous()
    path, targets = f"{DEALS}/{deal['id']}/move", [*stages.values()] * 3
    answers = await asyncio.gather(
        *(caller.post(path, json={"stage_id": stage}) for stage in targets)
    )
    assert {answer.status_code for answer in answers} == {200}
    history = changes(acme, deal)
    # A chain without a break: nobody has moved it from where it was no more.
    for before, after in pairwise(history):
        assert after["from_stage_id"] == before["to_stage_id"]
        assert after["created_at"] > before["created_at"]
    assert len(history) > 1
    assert acme.get(f"{DEALS}/{deal['id']}").json()["stage_id"] == history[-1]["to_stage_id"]


async def test_one_of_those_who_move_it_from_one_place_does(acme, create, stages):
    deal, caller = create(), acme.asynchronous()
    body = {"stage_id": stages["Won"], "from_stage_id": stages["New"]}
    path = f"{DEALS}/{deal['id']}/move"
    answers = await asyncio.gather(*(caller.post(path, json=body) for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 4}
    assert len(changes(acme, deal)) == 2


def test_closed_deals_are_read_only_where_the_tenant_wants_it(acme, create, stages, move, set_up):
    deal = create(stage_id=stages["Won"])
    path = f"{DEALS}/{deal['id']}"
    assert acme.patch(path, json={"title": "Tables"}).status_code == 200
    other = create(stage_id=stages["Lost"])
    assert acme.delete(f"{DEALS}/{other['id']}").status_code == 204
    set_up(closed_are_read_only=True)
    for end in ("Won", "Lost"):
        move(deal, stages[end])
        told = f"The deal is {end.lower()}: move it to an open stage first."
        for refused in (acme.patch(path, json={"title": "x"}), acme.delete(path)):
            assert (refused.status_code, refused.json()["detail"]) == (409, told)
    move(deal, stages["New"])
    assert acme.patch(path, json={"title": "Sofas"}).json()["title"] == "Sofas"
    assert acme.delete(path).status_code == 204
