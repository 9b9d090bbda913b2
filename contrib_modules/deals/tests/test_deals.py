"""What a tenant can do with its deals."""

from uuid import uuid4

import pytest

CONTACTS, DEALS = "/api/v1/contacts", "/api/v1/deals"
LARGEST = 2**53 - 1


def titles(response):
    assert response.status_code == 200, response.text
    return [item["title"] for item in response.json()["items"]]


def test_a_deal_needs_a_title_and_a_contact(acme, create, stages):
    deal = create()
    assert (deal["stage_id"], deal["status"]) == (stages["New"], "open")
    assert (deal["amount_minor"], deal["currency"], deal["tags"]) == (0, "RUB", [])
    assert deal["owner_id"] is deal["notes"] is deal["closed_at"] is None
    assert acme.get(f"{DEALS}/{deal['id']}").json() == deal


def test_a_deal_keeps_what_it_was_given(acme, create, stages):
    fields = {
        "title": "Десять стульев 🪑",
        "stage_id": stages["Qualified"],
        "amount_minor": LARGEST,
        "currency": "EUR",
        "expected_close_on": "2027-01-31",
        "owner_id": str(acme.user_id),
        "tags": ["vip", "2027"],
        "notes": "После праздников",
    }
    deal = create(**fields)
    stored = acme.get(f"{DEALS}/{deal['id']}").json()
    assert {name: stored[name] for name in fields} == fields


def test_the_name_of_the_contact_stands_beside_the_deal(acme, contact, create, made):
    deal = create(title="a")
    boris = made(acme, CONTACTS, name="Boris")
    create(title="b", contact_id=boris["id"])
    acme.patch(f"{CONTACTS}/{contact['id']}", json={"name": "Anna Petrova"})
    assert acme.get(f"{DEALS}/{deal['id']}").json()["contact_name"] == "Anna Petrova"
    listed = acme.get(DEALS, params={"order_by": "title"}).json()["items"]
    assert [item["contact_name"] for item in listed] == ["Anna Petrova", "Boris"]


def test_a_change_touches_only_the_named_fields(acme, create):
    deal = create(amount_minor=100, notes="old", expected_close_on="2027-01-31")
    changed = acme.patch(f"{DEALS}/{deal['id']}", json={"notes": "new", "expected_close_on": None})
    assert changed.status_code == 200, changed.text
    different = {"notes": "new", "expected_close_on": None}
    assert changed.json() == {**deal, **different, "updated_at": changed.json()["updated_at"]}


def test_a_deleted_deal_is_gone(acme, create):
    path = f"{DEALS}/{create()['id']}"
    assert acme.delete(path).status_code == 204
    for refused in (acme.get(path), acme.delete(path), acme.get(f"{path}/changes")):
        assert refused.status_code == 404


def test_the_currency_is_what_the_tenant_has_set(create, set_up):
    set_up(default_currency="KZT")
    assert create()["currency"] == "KZT"
    assert create(currency="USD")["currency"] == "USD"


def test_a_currency_that_there_is_not_cannot_be_set(acme):
    path = "/api/v1/tenants/acme/modules/deals/settings"
    for code in ("XXX", "XAU", "EURO", "eur"):
        assert acme.patch(path, json={"default_currency": code}).status_code == 400


@pytest.fixture
def five(acme, contact, create, made, stages):
    """Create deals that differ."""
    boris = made(acme, CONTACTS, name="Boris")["id"]
    create(title="A", amount_minor=100, currency="EUR", tags=["vip"])
    create(title="B", amount_minor=200, currency="EUR", stage_id=stages["Qualified"])
    create(title="C", amount_minor=300, currency="USD", contact_id=boris, notes="a 100% chance")
    create(title="D", amount_minor=400, stage_id=stages["Won"], tags=["vip", "old"])
    create(title="E", amount_minor=500, stage_id=stages["Lost"], owner_id=str(acme.user_id))
    return boris


def test_filters_narrow_the_list(acme, five, stages):
    pipeline = acme.get(f"{DEALS}/summary").json()["pipeline_id"]
    for query, expected in (
        ({"stage_id": stages["Qualified"]}, "B"),
        ({"pipeline_id": pipeline}, "ABCDE"),
        ({"pipeline_id": str(uuid4())}, ""),
        ({"contact_id": five}, "C"),
        ({"owner_id": str(acme.user_id)}, "E"),
        ({"currency": "EUR"}, "AB"),
        ({"status": "open"}, "ABC"),
        ({"status": "won"}, "D"),
        ({"status": "lost"}, "E"),
        ({"min_amount_minor": 300}, "CDE"),
        ({"max_amount_minor": 300}, "ABC"),
        ({"min_amount_minor": 200, "max_amount_minor": 400, "status": "open"}, "BC"),
        ({"tag": "vip"}, "AD"),
        ({"search": "100%"}, "C"),
        ({"search": "b"}, "B"),
        ({"limit": 2, "offset": 3}, "DE"),
    ):
        found = acme.get(DEALS, params={"order_by": "title", **query})
        assert titles(found) == list(expected), query
        assert found.json()["total"] == (5 if "limit" in query else len(expected))


def test_a_list_has_the_order_that_is_asked_for(acme, five):
    assert titles(acme.get(DEALS, params={"order_by": "-amount_minor"})) == list("EDCBA")
    assert titles(acme.get(DEALS, params={"order_by": "status,-title"})) == list("ECBAD")


def test_a_bad_field_is_named_and_nothing_is_stored(acme, contact):
    for body, pointer in (
        ({"title": ""}, "/title"),
        ({"title": None}, "/title"),
        ({"contact_id": str(uuid4())}, "/contact_id"),
        ({"contact_id": "anna"}, "/contact_id"),
        ({"stage_id": str(uuid4())}, "/stage_id"),
        ({"owner_id": str(uuid4())}, "/owner_id"),
        ({"amount_minor": -1}, "/amount_minor"),
        ({"amount_minor": LARGEST + 1}, "/amount_minor"),
        ({"amount_minor": 1.5}, "/amount_minor"),
        ({"amount_minor": "100"}, "/amount_minor"),
        ({"currency": "XXX"}, "/currency"),
        ({"currency": "rub"}, "/currency"),
        ({"expected_close_on": "tomorrow"}, "/expected_close_on"),
        ({"tags": ["ok", ""]}, "/tags/1"),
        ({"status": "won"}, "/status"),
        ({"tenant_id": str(uuid4())}, "/tenant_id"),
    ):
        response = acme.post(DEALS, json={"title": "x", "contact_id": contact["id"], **body})
        assert response.status_code == 400, body
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert acme.get(DEALS).json()["total"] == 0


def test_a_change_is_held_to_the_same(acme, create):
    path, nobody = f"{DEALS}/{create()['id']}", str(uuid4())
    for field, value in (("contact_id", nobody), ("owner_id", nobody), ("currency", None)):
        refused = acme.patch(path, json={field: value})
        assert refused.status_code == 400
        assert [error["pointer"] for error in refused.json()["errors"]] == [f"/{field}"]


def test_a_bad_query_is_refused(acme):
    for query in (
        {"order_by": "contact_name"},
        {"order_by": "tenant_id"},
        {"status": "closed"},
        {"min_amount_minor": -1},
        {"max_amount_minor": 2**63},
        {"stage_id": "new"},
    ):
        assert acme.get(DEALS, params=query).status_code == 400, query


def test_another_tenant_sees_and_changes_nothing(acme, globex, create, stages, made):
    ours = create(title="Ours")
    path = f"{DEALS}/{ours['id']}"
    assert globex.get(DEALS).json()["total"] == 0
    body = {"stage_id": stages["Won"]}
    for refused in (
        globex.get(path),
        globex.get(f"{path}/changes"),
        globex.patch(path, json={"title": "Theirs"}),
        globex.post(f"{path}/move", json=body),
        globex.delete(path),
    ):
        assert refused.status_code == 404
    assert acme.get(path).json()["title"] == "Ours"
    theirs = made(globex, CONTACTS, name="Boris")["id"]
    for fields in (
        {"contact_id": ours["contact_id"]},
        {"contact_id": theirs, "stage_id": stages["New"]},
        {"contact_id": theirs, "owner_id": str(acme.user_id)},
    ):
        assert globex.post(DEALS, json={"title": "x", **fields}).status_code == 400
    deal = made(globex, DEALS, title="Theirs", contact_id=theirs)
    assert globex.post(f"{DEALS}/{deal['id']}/move", json=body).status_code == 400
    assert globex.get(f"{DEALS}/summary").json()["stages"][0]["deals"] == 1


def test_a_plain_member_reads_and_does_not_write(tochka, acme, create, stages):
    path = f"{DEALS}/{create()['id']}"
    member = tochka.member_client("acme")
    for readable in (path, DEALS, f"{DEALS}/summary", f"{path}/changes", f"{DEALS}/pipelines"):
        assert member.get(readable).status_code == 200
    for refused in (
        member.post(DEALS, json={"title": "x"}),
        member.patch(path, json={"title": "x"}),
        member.post(f"{path}/move", json={"stage_id": stages["Won"]}),
        member.delete(path),
    ):
        assert (refused.status_code, refused.json()["permission"]) == (403, "deals:write")


def test_an_api_key_does_what_it_holds(tochka, create, stages):
    path = f"{DEALS}/{create()['id']}"
    service = tochka.api_key_client("acme", permissions=["deals:read", "deals:write"])
    assert service.get(path).json()["contact_name"] == "Anna"
    moved = service.post(f"{path}/move", json={"stage_id": stages["Won"]})
    assert moved.json()["status"] == "won"
    assert service.get(f"{path}/changes").json()["items"][-1]["changed_by"] is None
    assert service.post(f"{DEALS}/pipelines", json={}).json()["permission"] == "deals:manage"


def test_an_owner_who_leaves_owns_nothing(tochka, acme, create):
    member = tochka.member_client("acme")
    deal = create(owner_id=str(member.user_id))
    assert acme.delete(f"/api/v1/tenants/acme/members/{member.user_id}").status_code == 204
    left = acme.get(f"{DEALS}/{deal['id']}").json()
    assert (left["owner_id"], left["title"]) == (None, "Chairs")
