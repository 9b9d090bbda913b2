"""Who is told of what in the OpenAPI document."""

import pytest
from executed import executed
from sqlalchemy import text

SCHEMA = "/schema/openapi.json"
NOTES, OPEN = "/api/v1/notes", "/api/v1/notes/open"
SWITCH = "/api/v1/tenants/acme/modules/notes"
SHOP = {"Host": "shop.example.com"}


@pytest.fixture
def ask(client):
    """Ask for the document; return it with its headers."""

    async def ask(headers=None, path=SCHEMA):
        answer = await client.get(path, headers=headers or {})
        assert answer.status_code == 200, answer.text
        return answer

    return ask


def of_notes(answer):
    """Return the paths of the test module that a document tells of."""
    return {path for path in answer.json()["paths"] if path.startswith(NOTES)}


async def test_at_both_paths_is_the_document_of_the_core(ask):
    answers = [await ask(path=path) for path in ("/schema", SCHEMA)]
    assert answers[0].content == answers[1].content
    document = answers[0].json()
    assert document["openapi"].startswith("3.")
    assert {"/api/v1/auth/login", "/health/live"} <= document["paths"].keys()
    assert "http" not in str([server["url"] for server in document["servers"]])


async def test_a_member_is_told_of_what_the_tenant_has_enabled(ask, make_tenant, join):
    owner = await make_tenant("acme")
    await make_tenant("globex", modules=())
    member = await join()
    for person in (owner, member):
        answer = await ask(person.at("acme"))
        assert {NOTES, OPEN} <= of_notes(answer)
        assert "notes.NoteIn" in answer.json()["components"]["schemas"]
        assert of_notes(await ask(person.headers)) == set()
    assert of_notes(await ask({**member.headers, "Host": "localhost"})) == set()


async def test_nobody_is_told_of_what_their_tenant_has_not(client, ask, make_tenant, join, master):
    await make_tenant("acme")
    globex = await make_tenant("globex", modules=())
    answer = await ask(globex.at("globex"))
    assert "notes" not in answer.text
    assert answer.content == (await ask()).content
    for headers, status in (
        (globex.at("acme"), 404),
        (globex.at("nope"), 404),
        ({**globex.headers, "Authorization": "Bearer nonsense"}, 401),
        ({**globex.headers, "Authorization": ""}, 401),
        (master.at("acme"), 403),
    ):
        assert (await client.get(SCHEMA, headers=headers)).status_code == status, headers


async def test_a_stranger_cannot_tell_whether_there_is_a_tenant(ask, make_tenant, register):
    await make_tenant("acme")
    core = await ask()
    assert "notes" not in core.text
    stranger = await register()
    for headers in ({"X-Tenant": "acme"}, {"X-Tenant": "nope"}, stranger.headers):
        answer = await ask(headers)
        assert (answer.content, answer.headers["etag"]) == (core.content, core.headers["etag"])


async def test_visitors_of_a_domain_are_told_of_what_is_open_to_anyone(
    client, ask, make_tenant, master, register
):
    owner = await make_tenant("acme", domain="shop.example.com")
    stranger = await register()
    for headers in (SHOP, {**stranger.headers, **SHOP}):
        answer = await ask(headers)
        assert of_notes(answer) == {OPEN}
        assert "notes." not in str([*answer.json()["components"]["schemas"]])
    assert NOTES in of_notes(await ask({**owner.headers, **SHOP}))
    assert of_notes(await ask({"Host": "other.example.com"})) == set()
    assert (await client.get(SCHEMA, headers={"Host": "a b"})).status_code == 400

    body = {"suspension_reason": "unpaid"}
    await client.patch("/api/v1/tenants/acme", json=body, headers=master.headers)
    assert (await ask(SHOP)).content == (await ask()).content
    refused = await client.get(SCHEMA, headers=owner.at("acme"))
    assert (refused.status_code, "unpaid" in refused.text) == (403, True)


async def test_a_module_that_is_switched_is_in_the_next_document(client, ask, make_tenant):
    owner = await make_tenant("acme")
    at = owner.at("acme")
    with_notes = (await ask(at)).headers["etag"]
    await client.put(SWITCH, json={"enabled": False}, headers=owner.headers)
    without = await ask({**at, "If-None-Match": with_notes})
    assert of_notes(without) == set()
    await client.put(SWITCH, json={"enabled": True}, headers=owner.headers)
    again = await client.get(SCHEMA, headers={**at, "If-None-Match": with_notes})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", with_notes)
    assert NOTES in of_notes(await ask({**at, "If-None-Match": without.headers["etag"]}))


async def test_a_cache_on_the_way_keeps_nothing_for_others(client, ask, make_tenant):
    owner = await make_tenant("acme")
    first = await ask(owner.at("acme"))
    known = {**owner.at("acme"), "If-None-Match": first.headers["etag"]}
    for answer in (first, await client.get(SCHEMA, headers=known)):
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["vary"] == "Authorization, Host, X-Tenant"
    assert (await ask({"If-None-Match": first.headers["etag"]})).content == (await ask()).content


async def test_a_key_is_told_of_its_tenant_whatever_it_holds(client, ask, make_tenant):
    owner = await make_tenant("acme")
    body = {"name": "Billing", "permissions": []}
    made = await client.post("/api/v1/tenants/acme/api-keys", json=body, headers=owner.headers)
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    assert NOTES in of_notes(await ask(key))
    await client.put(SWITCH, json={"enabled": False}, headers=owner.headers)
    assert of_notes(await ask(key)) == set()


async def test_the_platform_is_told_of_everything_and_enters_a_tenant_with_a_reason(
    ask, make_tenant, master, database
):
    await make_tenant("acme", modules=())
    assert NOTES in of_notes(await ask(master.headers))
    assert of_notes(await ask({**master.at("acme"), "X-Tenant-Reason": "support"})) == set()
    async with database.platform_scope(reason="test") as session:
        entered = "SELECT detail FROM tochka.audit_log WHERE action = 'tenant.entered'"
        (detail,) = await session.scalars(text(entered))
    assert detail["request"] == f"GET {SCHEMA}"


async def test_in_steady_state_the_document_costs_no_query(ask, make_tenant):
    owner = await make_tenant("acme", domain="shop.example.com")
    for headers in ({}, SHOP, owner.headers, owner.at("acme")):
        await ask(headers)
        with executed() as statements:
            await ask(headers)
        assert statements == [], headers


async def test_the_document_describes_an_error_as_it_is(client):
    document = (await client.get("/schema")).json()
    told = document["paths"]["/api/v1/auth/register"]["post"]["responses"]["400"]["$ref"]
    response = document["components"]["responses"][told.rpartition("/")[2]]
    refused = await client.post("/api/v1/auth/register", json={})
    reference = response["content"][refused.headers["content-type"]]["schema"]["$ref"]
    described = document["components"]["schemas"][reference.rpartition("/")[2]]
    assert set(described["required"]) < set(described["properties"]) == refused.json().keys()
    assert response["headers"].keys() <= {name.title() for name in refused.headers}
