"""What a client reads of limits: when one is reached, and how far a tenant has come."""

import asyncio

import pytest

COUNTED = "/api/v1/notes/counted"
LIMITS = "/api/v1/tenants/acme/limits"


@pytest.fixture
async def acme(make_tenant):
    return await make_tenant("acme")


@pytest.fixture
def count(client, acme):
    async def count(name, path=COUNTED):
        return await client.post(path, json={"limit": name}, headers=acme.at("acme"))

    return count


@pytest.fixture
def sell(change):
    """Write down that acme has bought so much of a limit, for now and ever."""

    async def sell(name, value):
        await change(
            "WITH sold AS (INSERT INTO tochka.subscriptions (tenant_id, id, starts_at, grace_days)"
            " SELECT id, gen_random_uuid(), now(), 0 FROM tochka.tenants WHERE name = 'acme'"
            " RETURNING tenant_id, id)"
            "INSERT INTO tochka.limit_entitlements"
            " (tenant_id, id, subscription_id, name, value, starts_at)"
            " SELECT tenant_id, gen_random_uuid(), id, :name, :value, '2026-01-01Z' FROM sold",
            name=name,
            value=value,
        )

    return sell


async def test_a_limit_of_the_module_is_a_conflict(count):
    assert [(await count("notes.max")).json() for _ in range(3)] == [1, 2, 3]
    refused = await count("notes.max")
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert {key: problem[key] for key in ("title", "limit", "maximum", "used", "reset")} == {
        "title": "Limit reached",
        "limit": "notes.max",
        "maximum": 3,
        "used": 3,
        "reset": None,
    }


async def test_a_limit_of_the_plan_asks_for_a_larger_one(count, sell):
    await sell("notes.daily", 0)
    refused = await count("notes.daily")
    assert refused.status_code == 402
    problem = refused.json()
    assert (problem["limit"], problem["maximum"], problem["used"]) == ("notes.daily", 0, 0)
    assert problem["reset"].endswith("T00:00:00Z")
    assert problem["detail"].startswith("This would exceed notes.daily: 0 of 0 are used.")


async def test_who_is_refused_or_fails_has_counted_nothing(client, acme, count):
    for _ in range(4):
        assert (await count("notes.max", f"{COUNTED}-then-conflict")).status_code == 409
    assert (await count("notes.max")).json() == 1


async def test_of_many_requests_at_once_as_many_succeed_as_may(count):
    answers = await asyncio.gather(*(count("notes.max") for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 9


async def test_members_read_how_far_their_tenant_has_come(client, acme, count, sell, join):
    await sell("notes.open", 60)
    for name in ("notes.max", "notes.open", "notes.max"):
        assert (await count(name)).status_code == 201
    member = await join()
    told = await client.get(LIMITS, headers=member.headers)
    assert told.status_code == 200, told.text
    found = {item["name"]: item for item in told.json()}
    assert list(found) == ["notes.daily", "notes.max", "notes.monthly", "notes.open"]
    assert found["notes.max"] == {
        "name": "notes.max",
        "module": "notes",
        "title": "Notes kept",
        "unit": "notes",
        "period": None,
        "used": 2,
        "maximum": 3,
        "is_of_plan": False,
        "reset": None,
    }
    assert (found["notes.open"]["maximum"], found["notes.open"]["is_of_plan"]) == (60, True)
    assert found["notes.daily"]["period"] == "day"
    assert found["notes.daily"]["reset"].endswith("T00:00:00Z")


async def test_limits_of_modules_that_are_not_enabled_are_not_told(client, make_tenant):
    owner = await make_tenant("acme", modules=())
    assert (await client.get(LIMITS, headers=owner.headers)).json() == []


async def test_strangers_read_no_limits(client, acme, register):
    assert (await client.get(LIMITS)).status_code == 401
    assert (await client.get(LIMITS, headers=(await register()).headers)).status_code == 404
