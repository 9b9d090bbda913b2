"""What a tenant can do with its contacts."""

import json
from uuid import uuid4

import pytest

PATH = "/api/v1/contacts"


@pytest.fixture
def create(acme):
    """Create contacts of acme."""

    def create(**fields):
        response = acme.post(PATH, json=fields)
        assert response.status_code == 201, response.text
        return response.json()

    return create


def names(response):
    assert response.status_code == 200, response.text
    return [item["name"] for item in response.json()["items"]]


def test_a_contact_needs_only_a_name(create):
    contact = create(name="Anna")
    assert contact["kind"] == "person"
    assert contact["tags"] == []
    assert contact["phone"] is contact["email"] is contact["company"] is contact["notes"] is None


def test_a_contact_keeps_what_it_was_given(acme, create):
    fields = {
        "name": "Анна Петрова",
        "kind": "person",
        "phone": "+7 912 345-67-89",
        "email": "anna@example.com",
        "company": "Рога и копыта",
        "tags": ["vip", "2026"],
        "notes": "Звонить после обеда 📞",
    }
    contact = create(**fields)
    stored = acme.get(f"{PATH}/{contact['id']}").json()
    assert {name: stored[name] for name in fields} == fields


def test_a_change_touches_only_the_named_fields(acme, create):
    contact = create(name="Anna", email="anna@example.com", notes="old")
    changed = acme.patch(f"{PATH}/{contact['id']}", json={"notes": "new", "email": None}).json()
    assert (changed["name"], changed["email"], changed["notes"]) == ("Anna", None, "new")
    assert changed["updated_at"] > contact["updated_at"]


def test_a_deleted_contact_is_gone(acme, create):
    path = f"{PATH}/{create(name='Anna')['id']}"
    assert acme.delete(path).status_code == 204
    assert acme.get(path).status_code == 404
    assert acme.delete(path).status_code == 404


def test_search_looks_into_every_text(acme, create):
    create(name="Needle in the name")
    create(name="B", notes="a needle in the notes")
    create(name="C", company="NEEDLE Ltd")
    create(name="D")
    found = names(acme.get(PATH, params={"search": "needle", "order_by": "name"}))
    assert found == ["B", "C", "Needle in the name"]


@pytest.mark.parametrize("wildcard", ["%", "_", "\\"])
def test_search_takes_wildcards_literally(acme, create, wildcard):
    create(name="plain")
    create(name=f"with {wildcard} inside")
    assert names(acme.get(PATH, params={"search": wildcard})) == [f"with {wildcard} inside"]


def test_filters_narrow_the_list(acme, create):
    create(name="Anna", company="Acme", tags=["vip"])
    create(name="Boris", company="Acme")
    create(name="Acme", kind="company", tags=["vip", "old"])
    assert names(acme.get(PATH, params={"kind": "company"})) == ["Acme"]
    assert names(acme.get(PATH, params={"company": "Acme", "order_by": "name"})) == [
        "Anna",
        "Boris",
    ]
    assert names(acme.get(PATH, params={"tag": "vip", "order_by": "-name"})) == ["Anna", "Acme"]


def test_pages_neither_repeat_nor_skip_and_know_the_total(acme, create):
    for number in range(7):
        create(name="same", notes=str(number))
    seen = []
    for offset in range(0, 9, 3):
        page = acme.get(PATH, params={"limit": 3, "offset": offset, "order_by": "name"}).json()
        assert page["total"] == 7
        seen += [item["notes"] for item in page["items"]]
    assert sorted(seen) == [str(number) for number in range(7)]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"name": 1}, "/name"),
        ({"name": "x", "kind": "dog"}, "/kind"),
        ({"name": "x", "email": "nobody"}, "/email"),
        ({"name": "x", "email": "anna@example.com\n"}, "/email"),
        ({"name": "x", "tags": "vip"}, "/tags"),
        ({"name": "x", "tags": ["ok", ""]}, "/tags/1"),
        ({"name": "x", "surname": "y"}, "/surname"),
        ({"name": "x", "tenant_id": str(uuid4())}, "/tenant_id"),
        ({"name": "x", "id": str(uuid4())}, "/id"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(acme, body, pointer):
    response = acme.post(PATH, json=body)
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("application/problem+json")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert acme.get(PATH).json()["total"] == 0


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"offset": -1},
        {"offset": 10**20},
        {"order_by": "tenant_id"},
        {"order_by": "name;drop table"},
        {"kind": "dog"},
        {"search": "x" * 201},
        {"search": "\0"},
    ],
)
def test_a_bad_query_is_refused(acme, query):
    assert acme.get(PATH, params=query).status_code == 400


def test_another_tenant_sees_and_changes_nothing(acme, globex, create):
    contact = create(name="Ours")
    path = f"{PATH}/{contact['id']}"
    assert globex.get(PATH).json() == {"items": [], "total": 0, "limit": 50, "offset": 0}
    assert globex.get(path).status_code == 404
    assert globex.patch(path, json={"name": "Theirs"}).status_code == 404
    assert globex.delete(path).status_code == 404
    assert acme.get(path).json()["name"] == "Ours"


def test_the_operator_counts_the_contacts_of_all_tenants(tochka, globex, create):
    create(name="Anna")
    create(name="Boris")
    globex.post(PATH, json={"name": "Vera"})
    counted = tochka.run_command("contacts", "count", "--json")
    assert json.loads(counted) == {"contacts": 3, "tenants": 2}
    counted = tochka.run_command("contacts", "count")
    assert counted == "Contacts: 3, kept by 2 tenants.\n"


def test_a_plain_member_reads_and_does_not_write(tochka, acme, create):
    path = f"{PATH}/{create(name='Anna')['id']}"
    member = tochka.member_client("acme")
    assert member.get(path).status_code == member.get(PATH).status_code == 200
    for refused in (
        member.post(PATH, json={"name": "Boris"}),
        member.patch(path, json={"name": "Boris"}),
        member.delete(path),
    ):
        assert (refused.status_code, refused.json()["permission"]) == (403, "contacts:write")


def test_an_api_key_does_what_it_holds(tochka, acme, create):
    path = f"{PATH}/{create(name='Anna')['id']}"
    reader = tochka.api_key_client("acme", permissions=["contacts:read"])
    assert reader.get(path).json()["name"] == "Anna"
    assert reader.delete(path).json()["permission"] == "contacts:write"


def test_a_role_of_the_tenants_own_holds_what_it_names(tochka, acme, create):
    path = f"{PATH}/{create(name='Anna')['id']}"
    writer = tochka.member_client("acme", permissions=["contacts:read", "contacts:write"])
    assert writer.patch(path, json={"name": "Boris"}).status_code == 200
    nobody = tochka.member_client("acme", permissions=[])
    assert nobody.get(path).json()["permission"] == "contacts:read"


def test_contacts_are_counted(acme, create):
    def used():
        (limit,) = acme.get("/api/v1/tenants/acme/limits").json()
        assert (limit["name"], limit["maximum"]) == ("contacts.max", None)
        return limit["used"]

    contact = create(name="Anna")
    assert acme.post(PATH, json={"name": ""}).status_code == 400
    assert used() == 1
    for _ in range(2):
        acme.delete(f"{PATH}/{contact['id']}")
    assert used() == 0
