"""Plans are made and changed by the platform, and seen by all while they are sold."""

import pytest

PLANS = "/api/v1/plans"


async def test_a_plan_is_shown_as_it_was_made(client, acme, make_plan, signed_in):
    made = await make_plan(modules=["notes", "extra", "notes"], limits={"notes.max": None})
    assert made.status_code == 201, made.text
    plan = made.json()
    assert plan["modules"] == ["extra", "notes"]
    assert plan["limits"] == {"notes.max": None}
    assert (plan["price_minor"], plan["currency"], plan["period"]) == (99000, "RUB", "month")
    shown = await client.get(f"{PLANS}/pro", headers=await signed_in(acme))
    assert shown.json() == plan


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"code": "Pro!"}, "/code"),
        ({"price_minor": -1}, "/price_minor"),
        ({"price_minor": "1"}, "/price_minor"),
        ({"currency": "ABC"}, "/currency"),
        ({"currency": "rub"}, "/currency"),
        ({"currency": "XAU"}, "/currency"),
        ({"period": "week"}, "/period"),
        ({"trial_days": -1}, "/trial_days"),
        ({"modules": ["notes", "nothing"]}, "/modules/1"),
        ({"limits": {"notes.nothing": 1}}, "/limits/notes.nothing"),
        ({"limits": {"no/~": 1}}, "/limits/no~1~0"),
        ({"limits": {"notes.max": -1}}, "/limits"),
        ({"active_from": 1764354720}, "/active_from"),
        ({"active_from": "2030-01-01T00:00:00"}, "/active_from"),
        (
            {"active_from": "2030-01-01T00:00:00Z", "active_until": "2030-01-01T00:00:00Z"},
            "/active_until",
        ),
        ({"active_until": "2020-01-01T00:00:00Z"}, "/active_until"),
        ({"active_until": "9999-12-31T23:59:59.999999Z"}, "/active_until"),
        ({"discount": 1}, "/discount"),
    ],
)
async def test_what_is_wrong_with_a_plan_is_pointed_at(client, make_plan, master, wrong, pointer):
    refused = await make_plan(**wrong)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"].startswith(pointer)
    assert (await client.get(PLANS, headers=master.headers)).json()["total"] == 0


async def test_a_change_is_refused_for_the_same_reasons(client, acme, make_plan, master):
    before = (await make_plan()).json()
    for wrong, pointer in (
        ({"currency": "ABC"}, "/currency"),
        ({"modules": ["nothing"]}, "/modules/0"),
        ({"limits": {"nothing.max": 1}}, "/limits/nothing.max"),
        ({"active_until": before["active_from"]}, "/active_until"),
    ):
        refused = await client.patch(f"{PLANS}/pro", json=wrong, headers=master.headers)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await client.get(f"{PLANS}/pro", headers=master.headers)).json() == before


async def test_what_is_not_sold_now_is_seen_by_the_platform_alone(client, acme, make_plan, master):
    await make_plan(code="now")
    await make_plan(code="later", active_from="2999-01-01T00:00:00Z")
    await make_plan(
        code="past", active_from="2020-01-01T00:00:00Z", active_until="2021-01-01T00:00:00Z"
    )
    for person, codes in ((master, ["later", "now", "past"]), (acme, ["now"])):
        listed = (await client.get(PLANS, headers=person.headers)).json()
        assert [plan["code"] for plan in listed["items"]] == codes
        assert listed["total"] == len(codes)
        one = await client.get(f"{PLANS}/past", headers=person.headers)
        assert one.status_code == (200 if "past" in codes else 404)


async def test_only_the_platform_makes_and_changes_plans(client, acme, make_plan, master):
    assert (await make_plan()).status_code == 201
    assert (await make_plan()).status_code == 409
    made = await client.post(PLANS, json={}, headers=acme.headers)
    assert made.status_code == 400
    patched = await client.patch(f"{PLANS}/pro", json={"title": "Mine"}, headers=acme.headers)
    assert patched.status_code == 403
    body = {"title": "Better", "price_minor": 0, "active_until": None}
    changed = await client.patch(f"{PLANS}/pro", json=body, headers=master.headers)
    assert (changed.json()["title"], changed.json()["price_minor"]) == ("Better", 0)
    nothing = await client.patch(f"{PLANS}/nothing", json=body, headers=master.headers)
    assert nothing.status_code == 404
