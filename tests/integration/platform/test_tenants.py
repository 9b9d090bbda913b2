"""Tenants: made, seen, changed."""

import asyncio
from uuid import uuid4

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from problems import pointers
from tochka_core.app import create_app

TENANTS = "/api/v1/tenants"


@pytest.fixture
async def open_client(settings):
    """A platform on the same database that lets anyone create a tenant."""
    app = create_app(msgspec.structs.replace(settings, tenant_creation="anyone"))
    async with AsyncTestClient(app) as client:
        yield client


async def test_the_platform_creates_a_tenant_with_an_owner(client, master, register):
    owner = await register()
    body = {"name": "acme", "title": "Acme Ltd", "owner_phone": owner.phone}
    made = await client.post(TENANTS, json=body, headers=master.headers)
    assert made.status_code == 201
    assert made.json()["title"] == "Acme Ltd"
    assert made.json()["status"] == "active"
    seen = await client.get(f"{TENANTS}/acme", headers=owner.headers)
    assert seen.json() == made.json()
    members = (await client.get(f"{TENANTS}/acme/members", headers=owner.headers)).json()
    assert [(item["phone"], item["role"]) for item in members["items"]] == [(owner.phone, "owner")]


async def test_an_ordinary_person_creates_none(client, register):
    person = await register()
    answer = await client.post(TENANTS, json={"name": "acme"}, headers=person.headers)
    assert answer.status_code == 403


async def test_who_creates_a_tenant_owns_it(client, master):
    await client.post(TENANTS, json={"name": "acme"}, headers=master.headers)
    members = (await client.get(f"{TENANTS}/acme/members", headers=master.headers)).json()
    assert [(item["phone"], item["role"]) for item in members["items"]] == [(master.phone, "owner")]


async def test_anyone_creates_one_where_the_operator_lets_them(open_client, register):
    person = await register()
    assert (
        await open_client.post(TENANTS, json={"name": "acme"}, headers=person.headers)
    ).status_code == 201
    members = (await open_client.get(f"{TENANTS}/acme/members", headers=person.headers)).json()
    assert [(item["phone"], item["role"]) for item in members["items"]] == [(person.phone, "owner")]


@pytest.mark.parametrize("more", [{"domain": "shop.example.com"}, {"owner_phone": "+79990000001"}])
async def test_a_domain_and_another_owner_stay_the_platforms(open_client, register, more):
    person = await register()
    body = {"name": "acme", **more}
    answer = await open_client.post(TENANTS, json=body, headers=person.headers)
    assert answer.status_code == 403
    assert (await open_client.get(TENANTS, headers=person.headers)).json()["total"] == 0


async def test_a_name_and_a_domain_belong_to_one_tenant(client, master):
    first = {"name": "acme", "domain": "shop.example.com"}
    assert (await client.post(TENANTS, json=first, headers=master.headers)).status_code == 201
    for body in ({"name": "acme"}, {"name": "globex", "domain": "SHOP.example.com."}):
        assert (await client.post(TENANTS, json=body, headers=master.headers)).status_code == 409


async def test_a_race_for_a_name_has_one_winner(client, master):
    answers = await asyncio.gather(
        *(client.post(TENANTS, json={"name": "acme"}, headers=master.headers) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": "A"}, "/name"),
        ({"name": "-acme"}, "/name"),
        ({"name": "acme-"}, "/name"),
        ({"name": "ac me"}, "/name"),
        ({"name": "акме"}, "/name"),
        ({"name": "www"}, "/name"),
        ({"name": "xn--80aqf"}, "/name"),
        ({"name": "a" * 64}, "/name"),
        ({"name": "acme", "domain": "localhost"}, "/domain"),
        ({"name": "acme", "domain": "http://shop.example.com"}, "/domain"),
        ({"name": "acme", "domain": "магaзин.рф"}, "/domain"),  # one letter is Latin
        ({"name": "acme", "domain": "10.0.0.1"}, "/domain"),
        ({"name": "acme", "owner_phone": "12"}, "/owner_phone"),
        ({"name": "acme", "title": ""}, "/title"),
        ({"name": "acme", "title": " \t"}, "/title"),
        ({"name": "acme", "id": "1"}, "/id"),
    ],
)
async def test_a_bad_tenant_is_refused(client, master, body, pointer):
    response = await client.post(TENANTS, json=body, headers=master.headers)
    assert response.status_code == 400
    assert pointers(response) == [pointer]
    assert (await client.get(TENANTS, headers=master.headers)).json()["total"] == 0


async def test_everyone_lists_their_own_tenants(client, make_tenant, master):
    acme, globex = await make_tenant("acme"), await make_tenant("globex")
    for person, names in ((acme, ["acme"]), (globex, ["globex"]), (master, ["acme", "globex"])):
        page = (await client.get(TENANTS, headers=person.headers)).json()
        assert [item["name"] for item in page["items"]] == names
        assert page["total"] == len(names)


async def test_tenants_are_searched_and_ordered(client, make_tenant, master):
    for name, title in (("aa", "Zebra"), ("bb", "Yak"), ("cc", "zebu")):
        await make_tenant(name, title=title)
    found = await client.get(TENANTS, params={"search": "zeb"}, headers=master.headers)
    assert [item["name"] for item in found.json()["items"]] == ["aa", "cc"]
    ordered = await client.get(TENANTS, params={"order_by": "title"}, headers=master.headers)
    assert [item["name"] for item in ordered.json()["items"]] == ["bb", "aa", "cc"]
    assert (
        await client.get(TENANTS, params={"order_by": "id"}, headers=master.headers)
    ).status_code == 400


async def test_a_stranger_cannot_tell_a_tenant_from_none(client, make_tenant, register):
    await make_tenant("acme")
    stranger = await register()
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/members", None),
        ("GET", "/modules", None),
        ("PUT", "/modules/notes", {"enabled": True}),
        ("DELETE", f"/members/{uuid4()}", None),
    ):
        real, unreal = [
            await client.request(
                method, f"{TENANTS}/{name}{path}", json=body, headers=stranger.headers
            )
            for name in ("acme", "nowhere")
        ]
        assert real.status_code == unreal.status_code == 404, path
        assert {**real.json(), "request_id": None} == {**unreal.json(), "request_id": None}


async def test_only_the_platform_changes_a_tenant_or_adds_a_member(client, make_tenant, register):
    owner, person = await make_tenant("acme"), await register()
    change = await client.patch(f"{TENANTS}/acme", json={"title": "X"}, headers=owner.headers)
    body = {"phone": person.phone}
    added = await client.post(f"{TENANTS}/acme/members", json=body, headers=owner.headers)
    assert change.status_code == added.status_code == 403


async def test_a_change_touches_only_what_it_names(client, make_tenant, master):
    await make_tenant("acme", title="Acme", domain="shop.example.com")
    path = f"{TENANTS}/acme"
    changed = await client.patch(path, json={"title": "New"}, headers=master.headers)
    assert (changed.json()["title"], changed.json()["domain"]) == ("New", "shop.example.com")
    changed = await client.patch(path, json={"domain": None}, headers=master.headers)
    assert (changed.json()["title"], changed.json()["domain"]) == ("New", None)
