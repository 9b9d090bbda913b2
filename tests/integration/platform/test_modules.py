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
    expected = [("broken", "unavailable"), ("notes", "enabled"), ("secret", "private")]
    for path, headers in (
        (MODULES, owner.at("acme")),
        ("/api/v1/tenants/acme/modules", owner.headers),
        ("/api/v1/tenants/acme/modules", master.headers),
    ):
        offered = (await client.get(path, headers=headers)).json()
        assert [(item["name"], item["state"]) for item in offered] == expected
        assert [item["enabled"] for item in offered] == [False, True, False]
        assert [item["reason"] for item in offered] == [
            "The module broken cannot be used at present.",
            None,
            "Only a platform_master may enable secret.",
        ]
    assert (await client.get(MODULES, headers=(await register()).headers)).status_code == 403


async def test_enabling_twice_is_no_error(client, make_tenant):
    owner = await make_tenant("acme")
    path = "/api/v1/tenants/acme/modules/notes"
    for enabled in (True, True, False, False, True):
        answer = await client.put(path, json={"enabled": enabled}, headers=owner.headers)
        assert answer.status_code == 200
        assert answer.json()["enabled"] is enabled


async def test_what_cannot_be_used_cannot_be_enabled(client, make_tenant, store):
    await store("broken", state="quarantined")
    await store("gone", state="missing")
    await store("secret", availability="private")
    owner = await make_tenant("acme")
    for name, status in (("nowhere", 404), ("gone", 404), ("broken", 409), ("secret", 403)):
        path = f"/api/v1/tenants/acme/modules/{name}"
        answer = await client.put(path, json={"enabled": True}, headers=owner.headers)
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
