"""Two tenants: whatever one of them owns is tried as the other, through every route there is."""

import pytest
from sqlalchemy import text
from tochka_core.app import create_app
from tochka_core.conformance.leaks import Prey, hunt, operations
from tochka_core.conformance.rows import rows_of
from tochka_core.http.in_process import concurrent_client

CONTACT = {
    "name": "Robbed Contact",
    "phone": "+7 912 555-55-55",
    "email": "robbed@alpha.example.org",
    "company": "Robbed Company",
    "tags": ["robbed-tag"],
    "notes": "robbed notes",
}
INVITED = "+79125550000"
PLAN = {
    "code": "plain",
    "title": "Plain",
    "price_minor": 0,
    "currency": "EUR",
    "period": "year",
    "modules": ["notes"],
    "limits": {"notes.max": None},
}
TRIED = text(
    "INSERT INTO mod_webhooks.attempts (tenant_id, id, delivery_id, began_at, duration_ms, error)"
    " SELECT tenant_id, gen_random_uuid(), id, now(), 1, :words FROM mod_webhooks.deliveries"
    " WHERE tenant_id = (SELECT id FROM tochka.tenants WHERE name = :name)"
)
UNPROBED = {"/api/v1/notes/mine-whatever-i-ask"}
"""It runs any statement, and is tried on its own."""


@pytest.fixture
async def client(settings, installed_database, installed, notes, monkeypatch):
    """The application with the core, every installed module, and the test module."""
    monkeypatch.setenv("WEBHOOKS_DELIVER", "false")  # What lies there is to stay as it is.
    app = create_app(settings, [notes, *installed])
    async with concurrent_client(app) as client:
        yield client


@pytest.fixture
def settle(client, database, make_tenant, master, installed):
    """Make a tenant that owns something of every kind."""

    async def settle(name, words):
        modules = ["notes", *(module.name for module in installed)]
        owner = await make_tenant(name, modules=modules, title=f"The {words} title")
        at, own = owner.at(name), f"/api/v1/tenants/{name}"
        planted = [
            ("/api/v1/webhooks/endpoints", {"url": f"https://{words}.example.org/hook"}),
            ("/api/v1/contacts", CONTACT if name == "alpha" else {"name": "Contact of a thief"}),
            ("/api/v1/notes", {"text": f"{words} note"}),
            (f"{own}/invitations", {"phone": INVITED, "role": "member"}),
            (f"{own}/roles", {"name": f"{words}-role", "permissions": ["notes:read"]}),
            (f"{own}/domains", {"domain": f"{words}.example.org"}),
            (f"{own}/api-keys", {"name": f"{words} key", "permissions": ["notes:read"]}),
        ]
        for path, body in planted:
            made = await client.post(path, json=body, headers=at)
            assert made.status_code == 201, made.text
        (contact,) = (await client.get("/api/v1/contacts", headers=at)).json()["items"]
        deal = {"title": f"{words} deal", "contact_id": contact["id"]}
        made = await client.post("/api/v1/deals", json=deal, headers=at)
        assert made.status_code == 201, made.text
        kept = {"greeting": f"{words} greeting", "token": f"{words} token"}
        changed = await client.patch(
            f"{own}/modules/notes/settings", json=kept, headers=owner.headers
        )
        assert changed.status_code == 200, changed.text
        path, sale = f"{own}/subscriptions", {"plan": "plain"}
        sold = await client.post(path, json=sale, headers=master.headers)
        assert sold.status_code == 201, sold.text
        async with database.platform_scope(reason="test") as session:
            await session.execute(TRIED, {"words": words, "name": name})
        return owner

    return settle


async def test_nothing_of_a_tenant_is_reached_through_any_route(
    client, database, settle, register, master
):
    made = await client.post("/api/v1/plans", json=PLAN, headers=master.headers)
    assert made.status_code == 201, made.text
    victim = await settle("alpha", "robbed")
    thief = await settle("beta", "thievish")
    stranger = await register()
    async with database.platform_scope(reason="test") as session:
        tenants = await session.execute(text("SELECT name, id FROM tochka.tenants"))
        ids = {row.name: row.id for row in tenants}
        before = await rows_of(session, ids["alpha"])
        prey = Prey.of("alpha", ids["alpha"], before, await rows_of(session, ids["beta"]))
    assert [table for table, rows in before.items() if not rows] == []
    described = (await client.get("/schema/openapi.json", headers=victim.at("alpha"))).json()
    known = {"module": ("contacts", "notes")}
    everything = [item for item in operations(described, known=known) if item.path not in UNPROBED]
    for operation in everything:  # what may be cached is cached now
        if operation.method == "get" and not operation.path_parameters:
            await client.get(operation.path, headers=victim.at("alpha"))

    robbers = [thief.headers, stranger.headers]
    loot = await hunt(client, everything, prey, own_name="beta", robbers=robbers)
    print(f"\nleak hunt: {loot.probes} probes of {len(everything)} operations")
    assert loot.broken == []
    assert loot.leaks == []
    async with database.platform_scope(reason="test") as session:
        assert await rows_of(session, ids["alpha"]) == before
    own = await client.get("/api/v1/contacts", headers=thief.at("beta"))
    assert own.status_code == 200, "the thief was locked out, and has tried nothing since"
