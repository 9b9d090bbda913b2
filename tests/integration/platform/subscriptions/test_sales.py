"""What is sold to a tenant, what becomes of it, and what that opens and closes."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from notes_module.tenant_acts import ACTS
from sqlalchemy import select
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.subscriptions.sales import Sales
from tochka_core.tenants.hooks import TenantHooks
from tochka_core.tenants.models import Tenant
from tochka_plugins import Conflict

NOTES = "/api/v1/notes"
DAY = timedelta(days=1)
NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def text(moment):
    return moment.isoformat().replace("+00:00", "Z")


@pytest.fixture
def stands(client, of_acme, in_acme, acme):
    """Return how a subscription stands, and what a route of notes answers."""

    async def stands(sold):
        shown = (await of_acme(acme, "GET", f"/{sold['id']}")).json()
        answer = await client.get(NOTES, headers=await in_acme(acme))
        return shown["state"], answer.status_code

    return stands


async def test_a_trial_ends_at_its_very_moment(at, make_plan, sell, stands):
    await make_plan()
    sold = await sell(plan="pro", starts_at=text(NOON), trial=True)
    end = NOON + 14 * DAY
    assert (sold["trial_ends_at"], sold["paid_until"]) == (text(end), text(end))
    for moment, expected in (
        (NOON - INSTANT, ("pending", 402)),
        (NOON, ("trialing", 200)),
        (end - INSTANT, ("trialing", 200)),
        (end, ("expired", 402)),
    ):
        async with at(moment):
            assert await stands(sold) == expected


async def test_what_is_not_paid_again_is_past_due_and_then_expires(at, make_plan, sell, stands):
    await make_plan()
    sold = await sell(plan="pro", starts_at=text(NOON))
    paid_until = datetime(2030, 2, 28, 12, tzinfo=UTC)
    assert sold["paid_until"] == text(paid_until)
    for moment, expected in (
        (paid_until - INSTANT, ("active", 200)),
        (paid_until, ("past_due", 200)),
        (paid_until + 7 * DAY - INSTANT, ("past_due", 200)),
        (paid_until + 7 * DAY, ("expired", 402)),
    ):
        async with at(moment):
            assert await stands(sold) == expected


async def test_a_renewal_opens_again_what_has_expired(
    client, at, acme, master, make_plan, *, sell, stands, of_acme, in_acme, change
):
    await make_plan()
    sold = await sell(plan="pro", starts_at=text(NOON))
    async with at(NOON):
        added = await client.post(NOTES, json={"text": "kept"}, headers=await in_acme(acme))
        assert added.status_code == 201
    late, until = NOON + 60 * DAY, NOON + 90 * DAY
    async with at(late):
        assert await stands(sold) == ("expired", 402)
        for _ in range(2):
            renewed = await of_acme(
                master, "POST", f"/{sold['id']}/renewal", paid_until=text(until)
            )
            assert renewed.status_code == 200, renewed.text
        assert await stands(sold) == ("active", 200)
        kept = await client.get(NOTES, headers=await in_acme(acme))
        assert kept.json() == ["kept"]
        earlier = await of_acme(
            master, "POST", f"/{sold['id']}/renewal", paid_until=text(until - DAY)
        )
        assert earlier.status_code == 400
    rows = await change("SELECT starts_at, ends_at FROM tochka.entitlements ORDER BY starts_at")
    grace = 7 * DAY
    assert [tuple(row) for row in rows] == [
        (NOON, datetime(2030, 2, 28, 12, tzinfo=UTC) + grace),
        (late, until + grace),
    ]


async def test_another_plan_takes_over_at_its_very_moment(
    at, master, make_plan, sell, stands, *, of_acme
):
    await make_plan()
    await make_plan(code="other", modules=["extra"], limits={})
    sold = await sell(plan="pro", starts_at=text(NOON))
    change = NOON + 10 * DAY
    async with at(NOON + DAY):
        changed = await of_acme(
            master, "POST", f"/{sold['id']}/plan", plan="other", at=text(change)
        )
        assert changed.status_code == 200, changed.text
        phases = changed.json()["phases"]
        assert [(item["plan"], item["starts_at"], item["ends_at"]) for item in phases] == [
            ("pro", text(NOON), text(change)),
            ("other", text(change), None),
        ]
    for moment, expected in ((change - INSTANT, ("active", 200)), (change, ("active", 402))):
        async with at(moment):
            assert await stands(sold) == expected
    async with at(change):
        assert (await of_acme(master, "GET", f"/{sold['id']}")).json()["plan"] == "other"
        back = await of_acme(master, "POST", f"/{sold['id']}/plan", plan="pro", at="period_end")
        assert back.json()["phases"][-1]["starts_at"] == sold["paid_until"]
        now = await of_acme(master, "POST", f"/{sold['id']}/plan", plan="pro", at="now")
        assert [item["plan"] for item in now.json()["phases"]] == ["pro", "pro"]
        assert await stands(sold) == ("active", 200)


async def test_what_was_sold_stays_as_it_was_sold(
    client, acme, master, make_plan, sell, *, of_acme, change
):
    await make_plan()
    sold = await sell(plan="pro")
    body = {"price_minor": 1, "modules": ["extra"], "limits": {"notes.max": 5}}
    await client.patch("/api/v1/plans/pro", json=body, headers=master.headers)
    shown = (await of_acme(acme, "GET", f"/{sold['id']}")).json()
    assert shown == sold
    assert shown["phases"][0]["price_minor"] == 99000
    limit = (await change("SELECT name, value FROM tochka.limit_entitlements")).one()
    assert tuple(limit) == ("notes.max", 100)


async def test_a_cancellation_ends_it_when_what_is_paid_is_over(
    at, acme, master, make_plan, sell, *, stands, of_acme
):
    await make_plan()
    sold = await sell(plan="pro", starts_at=text(NOON))
    path, paid_until = f"/{sold['id']}/cancellation", datetime(2030, 2, 28, 12, tzinfo=UTC)
    async with at(NOON + DAY):
        for _ in range(2):
            canceled = await of_acme(acme, "POST", path, at="period_end")
            assert canceled.status_code == 200, canceled.text
        assert (canceled.json()["state"], canceled.json()["ends_at"]) == (
            "active",
            text(paid_until),
        )
        renewal = await of_acme(
            master, "POST", f"/{sold['id']}/renewal", paid_until=text(paid_until + DAY)
        )
        assert renewal.status_code == 409
        assert (await of_acme(acme, "DELETE", path)).json()["ends_at"] is None
        await of_acme(acme, "POST", path, at="period_end")
    for moment, expected in (
        (paid_until - INSTANT, ("active", 200)),
        (paid_until, ("canceled", 402)),
    ):
        async with at(moment):
            assert await stands(sold) == expected
    async with at(paid_until):
        for method, ending in (("POST", path), ("DELETE", path)):
            body = {"at": "now"} if method == "POST" else {}
            assert (await of_acme(master, method, ending, **body)).status_code == 409
        assert (await sell(plan="pro"))["state"] == "active"


async def test_only_the_platform_ends_it_at_once(
    acme, master, make_plan, sell, stands, *, of_acme, join
):
    await make_plan()
    sold = await sell(plan="pro")
    path = f"/{sold['id']}/cancellation"
    assert (await of_acme(acme, "POST", path, at="now")).status_code == 403
    member = await join()
    assert (await of_acme(member, "POST", path, at="period_end")).status_code == 403
    assert (await of_acme(member, "GET", f"/{sold['id']}")).json() == sold
    assert (await of_acme(master, "POST", path, at="now")).status_code == 200
    assert await stands(sold) == ("canceled", 402)


async def test_what_was_ended_at_once_is_not_taken_back_by_who_has_begun_before(
    acme, master, make_plan, sell, stands, *, of_acme, database
):
    await make_plan()
    sold = await sell(plan="pro")
    sales = Sales(TenantHooks(Neighbourhood(hook_seconds=5)), grace_days=0)
    async with database.platform_scope(reason="test") as earlier:
        tenant = await earlier.scalar(select(Tenant))
        ended = await of_acme(master, "POST", f"/{sold['id']}/cancellation", at="now")
        assert ended.status_code == 200, ended.text
        with pytest.raises(Conflict):
            await sales.withdraw_cancellation(earlier, tenant, UUID(sold["id"]), actor=None)
    assert await stands(sold) == ("canceled", 402)


async def test_members_sell_nothing_to_themselves(acme, make_plan, sell, of_acme):
    await make_plan()
    sold = await sell(plan="pro")
    for path, body in (
        ("", {"plan": "pro"}),
        (f"/{sold['id']}/renewal", {"paid_until": None}),
        (f"/{sold['id']}/plan", {"plan": "pro"}),
    ):
        assert (await of_acme(acme, "POST", path, **body)).status_code == 403


async def test_single_modules_are_sold_too(acme, sell, stands, of_acme):
    sold = await sell(modules=["notes"], price_minor=500, currency="EUR", paid_until=None)
    assert (sold["plan"], sold["closes_at"], sold["modules"]) == (None, None, ["notes"])
    assert await stands(sold) == ("active", 200)
    endless = await of_acme(acme, "POST", f"/{sold['id']}/cancellation", at="period_end")
    assert endless.status_code == 409


async def test_no_two_cover_the_same_module_at_once(acme, master, make_plan, sell, of_acme):
    await make_plan()
    first = await sell(plan="pro", starts_at=text(NOON), paid_until=text(NOON + DAY))
    closes_at = NOON + 8 * DAY
    assert first["closes_at"] == text(closes_at)
    beside = {"modules": ["extra", "notes"], "paid_until": None}
    for starts_at in (NOON, closes_at - INSTANT):
        refused = await of_acme(master, "POST", starts_at=text(starts_at), **beside)
        assert refused.status_code == 409
        assert refused.json()["modules"] == ["notes"]
    second = await sell(starts_at=text(closes_at), **beside)
    renewal = await of_acme(
        master, "POST", f"/{first['id']}/renewal", paid_until=text(NOON + 2 * DAY)
    )
    assert renewal.json()["modules"] == ["notes"]
    assert (await of_acme(acme, "GET")).json()["items"] == [second, first]


async def test_of_sales_at_once_all_but_one_are_told_what_is_covered(
    client, acme, master, make_plan, change
):
    await make_plan()
    path, sale = "/api/v1/tenants/acme/subscriptions", {"plan": "pro"}
    answers = await asyncio.gather(
        *(client.post(path, json=sale, headers=master.headers) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 4]
    refused = [answer.json()["modules"] for answer in answers if answer.status_code == 409]
    assert refused == [["notes"]] * 4
    assert (await change("SELECT count(*) FROM tochka.subscriptions")).scalar() == 1


@pytest.mark.parametrize(
    ("sale", "pointer"),
    [
        ({}, "/plan"),
        ({"plan": "nothing"}, "/plan"),
        ({"plan": "past"}, "/plan"),
        ({"plan": "pro", "modules": ["notes"]}, "/modules"),
        ({"plan": "pro", "currency": "EUR"}, "/currency"),
        ({"modules": ["nothing"], "paid_until": None}, "/modules/0"),
        ({"modules": []}, "/plan"),
        ({"modules": ["notes"]}, "/paid_until"),
        ({"modules": ["notes"], "paid_until": None, "price_minor": 1}, "/currency"),
        (
            {"modules": ["notes"], "paid_until": None, "price_minor": 1, "currency": "ABC"},
            "/currency",
        ),
        ({"modules": ["notes"], "paid_until": None, "trial": True}, "/trial"),
        ({"plan": "pro", "starts_at": "2030-01-01T00:00:00"}, "/starts_at"),
        ({"plan": "pro", "starts_at": "9999-01-01T00:00:00Z"}, "/starts_at"),
        ({"plan": "pro", "paid_until": "2020-01-01T00:00:00Z"}, "/paid_until"),
        (
            {
                "plan": "pro",
                "starts_at": "2030-01-01T00:00:00Z",
                "paid_until": "2030-01-02T00:00:00Z",
                "trial": True,
            },
            "/paid_until",
        ),
        ({"plan": "pro", "discount": 1}, "/discount"),
        ({"plan": "pro", "starts_at": "0001-01-01T00:00:00Z"}, "/starts_at"),
    ],
)
async def test_what_is_wrong_with_a_sale_is_pointed_at(
    acme, master, make_plan, of_acme, sale, *, pointer
):
    await make_plan()
    await make_plan(
        code="past", active_from="2020-01-01T00:00:00Z", active_until="2021-01-01T00:00:00Z"
    )
    refused = await of_acme(master, "POST", **sale)
    if sale:
        assert refused.status_code == 400, refused.text
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await of_acme(master, "GET")).json()["total"] == 0


async def test_what_is_wrong_with_a_change_is_pointed_at(acme, master, make_plan, sell, of_acme):
    await make_plan()
    sold = await sell(plan="pro", starts_at=text(NOON))
    for path, body, pointer in (
        ("plan", {"plan": "nothing"}, "/plan"),
        ("plan", {"plan": "pro", "at": "soon"}, "/at"),
        ("plan", {"plan": "pro", "at": "2030-01-01T00:00:00Z"}, "/at"),
        ("plan", {"plan": "pro", "at": "2031-01-01T00:00:00"}, "/at"),
        ("renewal", {"paid_until": "2020-01-01T00:00:00Z"}, "/paid_until"),
        ("renewal", {"paid_until": "9999-12-31T23:59:59Z"}, "/paid_until"),
        ("cancellation", {"at": "soon"}, "/at"),
    ):
        refused = await of_acme(master, "POST", f"/{sold['id']}/{path}", **body)
        assert refused.status_code == 400, refused.text
        assert refused.json()["errors"][0]["pointer"] == pointer
        nothing = await of_acme(master, "POST", f"/{uuid4()}/{path}", **body)
        assert nothing.status_code in {400, 404}
    assert (await of_acme(master, "GET", f"/{sold['id']}")).json()["phases"] == sold["phases"]


async def test_modules_learn_of_what_is_sold(
    acme, master, make_plan, sell, of_acme, *, monkeypatch
):
    told = []

    async def note(tenant, subscription, _session):
        told.append((tenant.name, subscription.event, subscription.state, subscription.plan))

    monkeypatch.setitem(ACTS, "subscription", note)
    await make_plan()
    path = f"/{(await sell(plan='pro'))['id']}"
    await of_acme(master, "POST", f"{path}/renewal", paid_until=None)
    await of_acme(master, "POST", f"{path}/renewal", paid_until=None)
    await of_acme(master, "POST", f"{path}/plan", plan="pro")
    await of_acme(master, "POST", f"{path}/cancellation", at="now")
    assert told == [
        ("acme", "sold", "active", "pro"),
        ("acme", "renewed", "active", "pro"),
        ("acme", "plan_changed", "active", "pro"),
        ("acme", "canceled", "canceled", "pro"),
    ]


async def test_nothing_is_sold_when_a_module_refuses(acme, master, make_plan, of_acme, monkeypatch):
    async def refuse(_tenant, _subscription, _session):
        raise Conflict("No invoice can be written.")

    monkeypatch.setitem(ACTS, "subscription", refuse)
    await make_plan()
    refused = await of_acme(master, "POST", plan="pro")
    assert (refused.status_code, refused.json()["detail"]) == (409, "No invoice can be written.")
    assert (await of_acme(acme, "GET")).json()["total"] == 0


async def test_what_was_done_is_written_down(client, acme, make_plan, sell, master, *, of_acme):
    await make_plan()
    sold = await sell(plan="pro")
    await of_acme(acme, "POST", f"/{sold['id']}/cancellation", at="period_end")
    await of_acme(acme, "DELETE", f"/{sold['id']}/cancellation")
    entries = await client.get("/api/v1/tenants/acme/audit", headers=acme.headers)
    written = [
        (item["action"], item["actor"], item["detail"]["subscription"])
        for item in entries.json()["items"]
        if item["action"].startswith("subscription.")
    ]
    assert written == [
        ("subscription.cancellation_withdrawn", str(acme.id), sold["id"]),
        ("subscription.canceled", str(acme.id), sold["id"]),
        ("subscription.sold", str(master.id), sold["id"]),
    ]
