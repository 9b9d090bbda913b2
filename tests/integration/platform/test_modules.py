"""What is installed, and what a tenant has enabled."""

import pytest
from sqlalchemy import text

MODULES = "/api/v1/modules"


@pytest.fixture
def store(database):
    """Put rows into the registry as a judgement would."""

    async def store(name, *, state="ready", availability="open", requires=()):
        async with database.platform_scope(reason="test") as session:
            await session.execute(
                text(
                    "INSERT INTO tochka.modules (name, display_name, state, availability, requires)"
                    " VALUES (:name, :name, :state, :availability, :requires)"
                ),
                {
                    "name": name,
                    "state": state,
                    "availability": availability,
                    "requires": list(requires),
                },
            )

    return store


async def test_the_platform_sees_everything_and_a_tenant_what_it_can_use(
    client, make_tenant, master, store, register
):
    await store("broken", state="quarantined")
    await store("secret", availability="private")
    owner = await make_tenant("acme")
    everything = (await client.get(MODULES, headers=master.headers)).json()
    assert [item["name"] for item in everything] == ["broken", "notes", "secret"]
    usable = (await client.get(MODULES, headers=owner.at("acme"))).json()
    assert [(item["name"], item["enabled"]) for item in usable] == [("notes", True)]
    assert (await client.get(MODULES, headers=(await register()).headers)).status_code == 403


async def test_enabling_twice_is_no_error(client, make_tenant):
    owner = await make_tenant("acme")
    path = "/api/v1/tenants/acme/modules/notes"
    for enabled in (True, True, False, False, True):
        answer = await client.put(path, json={"enabled": enabled}, headers=owner.headers)
        assert answer.status_code == 200
        assert answer.json()["enabled"] is enabled


async def test_what_a_module_needs_comes_first_and_goes_last(client, make_tenant, store):
    await store("deals", requires=["notes"])
    owner = await make_tenant("acme", modules=())
    deals, notes = (f"/api/v1/tenants/acme/modules/{name}" for name in ("deals", "notes"))

    refused = await client.put(deals, json={"enabled": True}, headers=owner.headers)
    assert refused.status_code == 409
    assert refused.json()["missing"] == ["notes"]

    for path in (notes, deals):
        assert (await client.put(path, json={"enabled": True}, headers=owner.headers)).is_success
    refused = await client.put(notes, json={"enabled": False}, headers=owner.headers)
    assert refused.status_code == 409
    assert refused.json()["dependents"] == ["deals"]


async def test_what_cannot_be_used_cannot_be_enabled(client, make_tenant, master, store):
    await store("broken", state="quarantined")
    await store("secret", availability="private")
    owner = await make_tenant("acme")
    for person, name, status in (
        (owner, "nowhere", 404),
        (owner, "broken", 404),
        (owner, "secret", 403),
        (master, "secret", 200),
    ):
        path = f"/api/v1/tenants/acme/modules/{name}"
        answer = await client.put(path, json={"enabled": True}, headers=person.headers)
        assert answer.status_code == status, name


async def test_readiness_reports_each_module(client, store):
    await store("broken", state="quarantined")
    report = (await client.get("/health/ready")).json()
    assert report["status"] == "ready"
    assert {item["name"]: item["state"] for item in report["modules"]} == {
        "broken": "quarantined",
        "notes": "ready",
    }


async def test_the_process_is_live(client):
    assert (await client.get("/health/live")).json() == {"status": "live"}
