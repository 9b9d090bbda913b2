"""Other moments, plans to sell, and tenants that buy."""

import pytest
from time_travel import time_travel

PRO = {
    "code": "pro",
    "title": "Pro",
    "price_minor": 99000,
    "currency": "RUB",
    "period": "month",
    "modules": ["notes"],
    "trial_days": 14,
    "limits": {"notes.max": 100},
}


@pytest.fixture
def at(engine):
    """Let it be another moment in a block."""
    return lambda moment: time_travel(engine, moment)


@pytest.fixture
def signed_in(sign_in):
    """Sign a person in, as of now; by then the worker has heard of all changes."""

    async def signed_in(person):
        token = (await sign_in(person))["access_token"]
        return {"Authorization": f"Bearer {token}"}

    return signed_in


@pytest.fixture
def in_acme(signed_in):
    """Sign a person in, as of now, who chooses acme."""

    async def in_acme(person):
        return {**await signed_in(person), "X-Tenant": "acme"}

    return in_acme


@pytest.fixture
def make_plan(client, signed_in, master):
    """Make a plan like `PRO`, with other fields as they are given; return the answer."""

    async def make_plan(**fields):
        headers = await signed_in(master)
        return await client.post("/api/v1/plans", json={**PRO, **fields}, headers=headers)

    return make_plan


@pytest.fixture
def of_acme(client, signed_in):
    """Ask for something of acme's subscriptions as somebody, signed in as of now."""

    async def of_acme(person, method, path="", **body):
        path = f"/api/v1/tenants/acme/subscriptions{path}"
        headers = await signed_in(person)
        return await client.request(method, path, json=body or None, headers=headers)

    return of_acme


@pytest.fixture
def sell(of_acme, master):
    """Sell something to acme; return what was sold."""

    async def sell(**sale):
        made = await of_acme(master, "POST", **sale)
        assert made.status_code == 201, made.text
        return made.json()

    return sell


@pytest.fixture
async def acme(make_tenant, change):
    """The owner of acme, which has enabled notes: they need a subscription, which it has not."""
    owner = await make_tenant("acme")
    await change("UPDATE tochka.modules SET availability = 'subscription' WHERE name = 'notes'")
    await change(
        "INSERT INTO tochka.modules (name, display_name, state) VALUES ('extra', 'Extra', 'ready')"
    )
    return owner
