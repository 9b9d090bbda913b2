"""What is enabled is open for as long as it is entitled to, and not a moment longer."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from tochka_core.subscriptions.services import is_entitled

NOTES = "/api/v1/notes"
SHOP = {"Host": "shop.example.com"}
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
async def owner(make_tenant, change):
    """The owner of acme, which has enabled notes; without a subscription they are closed."""
    owner = await make_tenant("acme", domain="shop.example.com")
    await change("UPDATE tochka.modules SET availability = 'subscription' WHERE name = 'notes'")
    return owner


@pytest.fixture
async def globex(make_tenant, owner, change):
    """The owner of another tenant, which has had notes since before they were sold."""
    other = await make_tenant("globex", domain="globex.example.com", modules=())
    await change(
        "INSERT INTO tochka.tenant_modules (tenant_id, module)"
        " SELECT id, 'notes' FROM tochka.tenants WHERE name = 'globex'"
    )
    return other


@pytest.fixture
def entitle(change):
    """Entitle acme to notes for a time; return how."""

    async def entitle(starts_at, ends_at, ending="expired"):
        made = uuid4()
        await change(
            "INSERT INTO tochka.subscriptions (tenant_id, id, starts_at, grace_days)"
            " SELECT id, :made, :starts_at, 0 FROM tochka.tenants WHERE name = 'acme'",
            made=made,
            starts_at=starts_at,
        )
        await change(
            "INSERT INTO tochka.entitlements"
            " (tenant_id, id, subscription_id, module, starts_at, ends_at, ending)"
            " SELECT id, :made, :made, 'notes', :starts_at, :ends_at, :ending FROM tochka.tenants"
            " WHERE name = 'acme'",
            made=made,
            starts_at=starts_at,
            ends_at=ends_at,
            ending=ending,
        )

    return entitle


@pytest.fixture
def statuses(client, in_acme):
    """Return what a member, a member by domain and a visitor are answered."""

    async def statuses(person):
        headers, host = await in_acme(person), {"Host": "shop.example.com"}
        asked = (
            (f"{NOTES}/guarded", headers),
            (NOTES, {"Authorization": headers["Authorization"], **host}),
            (f"{NOTES}/open", host),
        )
        return [(await client.get(path, headers=headers)).status_code for path, headers in asked]

    return statuses


OPEN, CLOSED = [200, 200, 200], [402, 402, 400]
"""To a visitor there is no tenant here while the module is closed."""


async def test_an_entitlement_opens_and_closes_at_its_very_boundaries(owner, entitle, at, statuses):
    await entitle(NOON, NOON + HOUR)
    for moment, answered in (
        (NOON - INSTANT, CLOSED),
        (NOON, OPEN),
        (NOON + HOUR - INSTANT, OPEN),
        (NOON + HOUR, CLOSED),
    ):
        async with at(moment):
            assert await statuses(owner) == answered


async def test_what_one_tenant_has_bought_opens_nothing_to_another(
    client, globex, entitle, at, in_acme
):
    await entitle(NOON, NOON + HOUR)
    async with at(NOON):
        for host, status in ((SHOP, 200), ({"Host": "globex.example.com"}, 400)):
            assert (await client.get(f"{NOTES}/open", headers=host)).status_code == status
        headers = {**await in_acme(globex), "X-Tenant": "globex"}
        told = (await client.get(NOTES, headers=headers)).json()
    assert told["status"] == 402
    assert (told["state"], told["ended_at"], told["starts_at"]) == ("none", None, None)


async def test_the_database_keeps_two_from_covering_the_same_moment(owner, entitle):
    await entitle(NOON, NOON + HOUR)
    with pytest.raises(IntegrityError, match="ex_entitlements_module"):
        await entitle(NOON + HOUR - INSTANT, None)
    await entitle(NOON + HOUR, None)


async def test_a_member_is_told_why_and_since_when(client, owner, entitle, at, in_acme):
    async def told():
        answer = await client.get(NOTES, headers=await in_acme(owner))
        assert answer.status_code == 402
        return {key: answer.json()[key] for key in ("module", "state", "ended_at", "starts_at")}

    nothing = {"module": "notes", "state": "none", "ended_at": None, "starts_at": None}
    assert await told() == nothing
    await entitle(NOON, NOON + HOUR, "canceled")
    noon, one = "2030-01-01T12:00:00Z", "2030-01-01T13:00:00Z"
    assert await told() == {**nothing, "state": "pending", "starts_at": noon}
    async with at(NOON + HOUR):
        assert await told() == {**nothing, "state": "canceled", "ended_at": one}


async def test_what_a_closed_module_has_permitted_means_nothing(
    client, owner, entitle, at, in_acme
):
    async def held():
        path = "/api/v1/users/me/permissions"
        return "notes:write" in (await client.get(path, headers=await in_acme(owner))).text

    await entitle(NOON, NOON + HOUR)
    for moment, is_held in ((NOON, True), (NOON + HOUR, False)):
        async with at(moment):
            assert await held() is is_held


async def test_what_has_no_effect_while_a_module_is_closed_is_told(
    client, owner, entitle, at, signed_in
):
    path, held = "/api/v1/tenants/acme", ["notes:write"]
    await entitle(NOON, NOON + HOUR)
    async with at(NOON):
        headers = await signed_in(owner)
        for made, name in (("roles", "writer"), ("api-keys", "Billing")):
            body = {"name": name, "permissions": held}
            await client.post(f"{path}/{made}", json=body, headers=headers)
    await entitle(NOON + 2 * HOUR, None)
    for moment, idle in ((NOON, []), (NOON + HOUR, held), (NOON + 2 * HOUR, [])):
        async with at(moment):
            headers = await signed_in(owner)
            listed = (await client.get(f"{path}/permissions", headers=headers)).json()
            by_owner, *_, own = (await client.get(f"{path}/roles", headers=headers)).json()
            (key,) = (await client.get(f"{path}/api-keys", headers=headers)).json()["items"]
        assert [own["without_effect"], key["without_effect"]] == [idle, idle]
        names = [permission["name"] for permission in listed]
        assert ["notes:write" in shown for shown in (by_owner["permissions"], names)] == (
            [False, False] if idle else [True, True]
        )


async def test_an_api_key_opens_as_much_as_its_maker_could(client, owner, entitle, at, in_acme):
    body = {"name": "Billing", "permissions": ["notes:write"]}
    made = await client.post("/api/v1/tenants/acme/api-keys", json=body, headers=owner.headers)
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    await entitle(NOON, NOON + HOUR)
    await in_acme(owner)
    for moment, status in ((NOON, 200), (NOON + HOUR, 402)):
        async with at(moment):
            answer = await client.get(f"{NOTES}/guarded", headers=key)
            assert answer.status_code == status, answer.text


async def test_it_is_the_operator_who_says_what_needs_a_subscription(
    client, make_tenant, change, in_acme
):
    owner = await make_tenant("acme")
    for availability, status in (("subscription", 402), ("private", 200), ("open", 200)):
        await change("UPDATE tochka.modules SET availability = :it", it=availability)
        answer = await client.get(NOTES, headers=await in_acme(owner))
        assert answer.status_code == status


async def test_the_database_decides_by_the_same_clock(database, owner, entitle, at, change):
    tenant_id = (await change("SELECT id FROM tochka.tenants")).scalar()
    await entitle(NOON, NOON + HOUR)
    for moment, is_covered in ((NOON - INSTANT, False), (NOON, True), (NOON + HOUR, False)):
        async with at(moment), database.platform_scope(reason="test") as session:
            assert await is_entitled(session, tenant_id, "notes") is is_covered


async def test_the_openapi_document_tells_of_what_is_open(client, owner, entitle, at, in_acme):
    async def told(headers, etag=""):
        asked = {**headers, "If-None-Match": etag}
        answer = await client.get("/schema/openapi.json", headers=asked)
        return answer.status_code, NOTES in answer.text, answer.headers["etag"]

    await entitle(NOON, NOON + HOUR)
    etags = ["", ""]
    for moment, is_told in ((NOON, True), (NOON + HOUR, False)):
        async with at(moment):
            callers = (await in_acme(owner), SHOP)
            answers = [await told(*known) for known in zip(callers, etags, strict=True)]
            assert [answer[:2] for answer in answers] == [(200, is_told)] * 2
            etags = [answer[2] for answer in answers]
