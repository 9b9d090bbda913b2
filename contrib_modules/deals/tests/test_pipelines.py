"""What a tenant can do with pipelines and their stages."""

import asyncio
from collections import Counter
from uuid import uuid4

import pytest
from sqlalchemy import text

DEALS, PIPELINES, STAGES = "/api/v1/deals", "/api/v1/deals/pipelines", "/api/v1/deals/stages"


def names(pipeline):
    return [stage["name"] for stage in pipeline["stages"]]


@pytest.fixture
def first(acme):
    """Return the pipeline that acme begins with."""
    (pipeline,) = acme.get(PIPELINES).json()["items"]
    return pipeline


@pytest.fixture
def renewals(acme, made):
    """Return another pipeline of acme's."""
    stages = [{"name": "Due"}, {"name": "Renewed", "kind": "won"}]
    return made(acme, PIPELINES, name="Renewals", stages=stages)


def test_a_tenant_begins_with_a_pipeline(first):
    assert (first["name"], first["is_default"]) == ("Sales", True)
    kinds = {stage["name"]: stage["kind"] for stage in first["stages"]}
    assert [*kinds] == ["New", "Qualified", "Offer sent", "Won", "Lost"]
    assert [*kinds.values()] == ["open", "open", "open", "won", "lost"]


def test_it_is_there_once_however_often_the_module_is_enabled(tochka, acme, first):
    acme.patch(f"{PIPELINES}/{first['id']}", json={"name": "Verkauf"})
    switch = "/api/v1/tenants/acme/modules/deals"
    for _ in range(2):
        for is_enabled in (False, True):
            assert acme.put(switch, json={"enabled": is_enabled}).status_code == 200
    (pipeline,) = acme.get(PIPELINES).json()["items"]
    assert pipeline == {**first, "name": "Verkauf"}


def test_a_pipeline_keeps_its_stages_in_their_order(acme, renewals):
    assert names(renewals) == ["Due", "Renewed"]
    assert renewals["is_default"] is False
    assert acme.get(f"{PIPELINES}/{renewals['id']}").json() == renewals
    listed = acme.get(PIPELINES, params={"order_by": "name"}).json()
    assert [item["name"] for item in listed["items"]] == ["Renewals", "Sales"]
    assert listed["items"][0] == renewals


def test_a_name_is_there_once(acme, first, renewals):
    stages = [{"name": "a"}, {"name": "a"}]
    for refused, told in (
        (acme.post(PIPELINES, json={"name": "Sales", "stages": [{"name": "a"}]}), "/name"),
        (acme.patch(f"{PIPELINES}/{renewals['id']}", json={"name": "Sales"}), "/name"),
        (acme.post(PIPELINES, json={"name": "Other", "stages": stages}), None),
        (acme.post(f"{PIPELINES}/{renewals['id']}/stages", json={"name": "Due"}), None),
    ):
        assert refused.status_code == 409
        pointers = [item["pointer"] for item in refused.json().get("errors", ())]
        assert pointers == ([told] if told else [])
        assert ("pipeline with this name" if told else "one stage") in refused.json()["detail"]
    assert acme.get(PIPELINES).json()["total"] == 2


def test_a_stage_is_added_and_comes_last(acme, made, first):
    stage = made(acme, f"{PIPELINES}/{first['id']}/stages", name="Later", kind="lost")
    assert (stage["kind"], stage["pipeline_id"]) == ("lost", first["id"])
    assert names(acme.get(f"{PIPELINES}/{first['id']}").json())[-1] == "Later"
    missing = acme.post(f"{PIPELINES}/{uuid4()}/stages", json={"name": "x"})
    assert missing.status_code == 404


async def test_stages_that_are_added_at_once_all_come_last(acme, renewals):
    caller, path = acme.asynchronous(), f"{PIPELINES}/{renewals['id']}/stages"
    answers = await asyncio.gather(
        *(caller.post(path, json={"name": str(number)}) for number in range(5))
    )
    assert Counter(answer.status_code for answer in answers) == {201: 5}
    stages = acme.get(f"{PIPELINES}/{renewals['id']}").json()["stages"]
    assert [stage["position"] for stage in stages] == [1, 2, 3, 4, 5, 6, 7]


def test_a_pipeline_has_no_more_stages_than_can_be_ordered(acme, made):
    stages = [{"name": str(number)} for number in range(100)]
    many = made(acme, PIPELINES, name="Many", stages=stages)
    refused = acme.post(f"{PIPELINES}/{many['id']}/stages", json={"name": "x"})
    assert (refused.status_code, "100" in refused.json()["detail"]) == (409, True)
    reversed_ = [stage["id"] for stage in reversed(many["stages"])]
    ordered = acme.put(f"{PIPELINES}/{many['id']}/stages", json={"stage_ids": reversed_})
    assert [stage["id"] for stage in ordered.json()["stages"]] == reversed_


async def test_no_stage_comes_after_the_last_place_until_they_are_ordered(tochka, acme, first):
    async with tochka.door().tenant_scope(acme.tenant.id) as session:
        last = "UPDATE mod_deals.stages SET position = 9223372036854775807 WHERE name = 'Lost'"
        await session.execute(text(last))
    path, stage = f"{PIPELINES}/{first['id']}/stages", {"name": "Later"}
    assert acme.post(path, json=stage).status_code == 409
    assert acme.put(path, json={"stage_ids": [s["id"] for s in first["stages"]]}).is_success
    assert acme.post(path, json=stage).status_code == 201


def test_stages_take_another_order(acme, first):
    path = f"{PIPELINES}/{first['id']}/stages"
    ids = [stage["id"] for stage in first["stages"]]
    wanted = [ids[2], ids[0], ids[1], ids[4], ids[3]]
    ordered = acme.put(path, json={"stage_ids": wanted})
    assert ordered.status_code == 200, ordered.text
    assert names(ordered.json()) == ["Offer sent", "New", "Qualified", "Lost", "Won"]
    for refused in (wanted[:4], [*wanted, wanted[0]], [*wanted[:4], wanted[0]], [str(uuid4())]):
        answer = acme.put(path, json={"stage_ids": refused})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/stage_ids")
    assert acme.get(f"{PIPELINES}/{first['id']}").json() == ordered.json()


def test_deals_begin_at_the_first_open_stage(acme, create, first):
    ids = {stage["name"]: stage["id"] for stage in first["stages"]}
    wanted = [ids[name] for name in ("Won", "Qualified", "New", "Offer sent", "Lost")]
    acme.put(f"{PIPELINES}/{first['id']}/stages", json={"stage_ids": wanted})
    assert create()["stage_id"] == ids["Qualified"]


def test_without_an_open_stage_a_deal_has_to_be_told_where_to_begin(acme, contact, made):
    pipeline = made(acme, PIPELINES, name="Ends", stages=[{"name": "End", "kind": "won"}])
    acme.patch(f"{PIPELINES}/{pipeline['id']}", json={"is_default": True})
    refused = acme.post(DEALS, json={"title": "x", "contact_id": contact["id"]})
    assert (refused.status_code, "stage_id" in refused.json()["detail"]) == (409, True)


def test_a_stage_can_be_renamed_and_nothing_else(acme, first):
    path = f"{STAGES}/{first['stages'][0]['id']}"
    assert acme.patch(path, json={"name": "Fresh"}).json() == {
        **first["stages"][0],
        "name": "Fresh",
    }
    for field in ({"kind": "won"}, {"position": 9}, {"pipeline_id": str(uuid4())}):
        assert acme.patch(path, json=field).status_code == 400


def test_a_stage_with_deals_in_it_stays(acme, create, stages, move):
    deal = create()
    path = f"{STAGES}/{stages['New']}"
    refused = acme.delete(path)
    assert (refused.status_code, refused.json()["deals"]) == (409, 1)
    move(deal, stages["Qualified"])
    assert acme.delete(path).status_code == 204
    assert acme.delete(path).status_code == 404


async def test_a_deal_that_comes_as_its_stage_goes_is_in_a_stage_or_not_there(
    acme, contact, stages
):
    """Whoever is first, the other is refused."""
    caller = acme.asynchronous()
    deals = [{"title": "x", "contact_id": contact["id"], "stage_id": stages["New"]}] * 3
    *made, gone = await asyncio.gather(
        *(caller.post(DEALS, json=deal) for deal in deals),
        caller.delete(f"{STAGES}/{stages['New']}"),
    )
    assert {answer.status_code for answer in made} <= {201, 400, 409}
    is_used = any(answer.status_code == 201 for answer in made)
    assert gone.status_code == (409 if is_used else 204)


def test_a_pipeline_goes_when_no_deals_are_in_it_and_none_begin_there(
    acme, create, move, first, renewals
):
    path = f"{PIPELINES}/{first['id']}"
    refused = acme.delete(path)
    assert (refused.status_code, "default" in refused.json()["detail"]) == (409, True)
    deal = create()
    assert acme.patch(f"{PIPELINES}/{renewals['id']}", json={"is_default": True}).status_code == 200
    refused = acme.delete(path)
    assert (refused.status_code, refused.json()["deals"]) == (409, 1)
    move(deal, renewals["stages"][0]["id"])
    assert acme.delete(path).status_code == 204
    assert acme.get(path).status_code == acme.delete(path).status_code == 404
    assert acme.delete(f"{STAGES}/{first['stages'][0]['id']}").status_code == 404


async def test_of_pipelines_that_become_the_default_at_once_one_is_it(acme, made):
    caller = acme.asynchronous()
    pipelines = [
        made(acme, PIPELINES, name=name, stages=[{"name": "a"}])["id"] for name in ("A", "B", "C")
    ]
    answers = await asyncio.gather(
        *(caller.patch(f"{PIPELINES}/{each}", json={"is_default": True}) for each in pipelines)
    )
    assert {answer.status_code for answer in answers} == {200}
    listed = acme.get(PIPELINES).json()["items"]
    assert sum(item["is_default"] for item in listed) == 1


def test_a_default_that_there_is_not_changes_nothing(acme, first):
    missing = acme.patch(f"{PIPELINES}/{uuid4()}", json={"is_default": True})
    assert missing.status_code == 404
    assert acme.get(f"{PIPELINES}/{first['id']}").json()["is_default"] is True


def test_another_tenant_sees_and_changes_nothing(acme, globex, first):
    path, stage = f"{PIPELINES}/{first['id']}", f"{STAGES}/{first['stages'][0]['id']}"
    for refused in (
        globex.get(path),
        globex.patch(path, json={"is_default": True}),
        globex.delete(path),
        globex.post(f"{path}/stages", json={"name": "x"}),
        globex.put(f"{path}/stages", json={"stage_ids": []}),
        globex.patch(stage, json={"name": "x"}),
        globex.delete(stage),
        globex.get(f"{DEALS}/summary", params={"pipeline_id": first["id"]}),
    ):
        assert refused.status_code == 404, refused.request.url
    assert acme.get(path).json() == first
    (own,) = globex.get(PIPELINES).json()["items"]
    assert own["id"] != first["id"]


def test_only_who_manages_them_changes_pipelines(tochka, acme, first):
    path, stage = f"{PIPELINES}/{first['id']}", f"{STAGES}/{first['stages'][0]['id']}"
    writer = tochka.member_client("acme", permissions=["deals:read", "deals:write"])
    assert writer.get(path).status_code == 200
    for refused in (
        writer.post(PIPELINES, json={}),
        writer.patch(path, json={}),
        writer.delete(path),
        writer.post(f"{path}/stages", json={}),
        writer.put(f"{path}/stages", json={}),
        writer.patch(stage, json={}),
        writer.delete(stage),
    ):
        assert (refused.status_code, refused.json()["permission"]) == (403, "deals:manage")
