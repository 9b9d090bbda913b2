"""Which tenant a request means, and who may make it."""

from contextlib import AsyncExitStack

import pytest
from httpx import ASGITransport, AsyncClient
from litestar.testing import AsyncTestClient
from msgspec.structs import replace
from problems import pointers
from tochka_core.app import create_app

NOTES = "/api/v1/notes"


async def test_a_member_uses_an_enabled_module(client, make_tenant):
    owner = await make_tenant("acme")
    assert (await client.get(NOTES, headers=owner.at("acme"))).json() == []


async def test_nobody_passes_without_a_token(client, make_tenant):
    await make_tenant("acme")
    assert (await client.get(NOTES, headers={"X-Tenant": "acme"})).status_code == 401


async def test_a_module_demands_a_tenant(client, make_tenant):
    owner = await make_tenant("acme")
    response = await client.get(NOTES, headers=owner.headers)
    assert response.status_code == 400
    assert pointers(response) == ["/X-Tenant"]


async def test_a_stranger_cannot_tell_a_tenant_from_none(client, make_tenant, register):
    await make_tenant("acme")
    stranger = await register()
    for path in (NOTES, "/api/v1/users/me", "/api/v1/modules"):
        real = await client.get(path, headers=stranger.at("acme"))
        unreal = await client.get(path, headers=stranger.at("nowhere"))
        assert real.status_code == unreal.status_code == 404
        assert {**real.json(), "request_id": None} == {**unreal.json(), "request_id": None}


async def test_being_platform_master_is_not_being_a_member(client, make_tenant, master):
    await make_tenant("acme")
    assert (await client.get(NOTES, headers=master.at("acme"))).status_code == 403


async def test_a_module_that_is_not_enabled_answers_as_if_it_were_not_there(client, make_tenant):
    owner = await make_tenant("acme", modules=())
    for method in ("GET", "POST"):
        off = await client.request(method, NOTES, headers=owner.at("acme"))
        none = await client.request(method, "/api/v1/nowhere", headers=owner.at("acme"))
        assert off.status_code == none.status_code == 404
        assert {**off.json(), "request_id": None} == {**none.json(), "request_id": None}


async def test_disabling_closes_the_routes_and_keeps_the_rows(client, make_tenant):
    owner = await make_tenant("acme")
    await client.post(NOTES, json={"text": "kept"}, headers=owner.at("acme"))
    switch = "/api/v1/tenants/acme/modules/notes"
    assert (await client.put(switch, json={"enabled": False}, headers=owner.headers)).is_success
    assert (await client.get(NOTES, headers=owner.at("acme"))).status_code == 404
    assert (await client.put(switch, json={"enabled": True}, headers=owner.headers)).is_success
    assert (await client.get(NOTES, headers=owner.at("acme"))).json() == ["kept"]


async def test_a_suspended_tenant_is_refused_with_the_reason(client, make_tenant, master, register):
    owner = await make_tenant("acme")
    change = {"suspension_reason": "The bill is unpaid."}
    await client.patch("/api/v1/tenants/acme", json=change, headers=master.headers)
    refused = await client.get(NOTES, headers=owner.at("acme"))
    assert refused.status_code == 403
    assert "The bill is unpaid." in refused.json()["detail"]
    stranger = await register()
    assert (await client.get(NOTES, headers=stranger.at("acme"))).status_code == 404
    switch = "/api/v1/tenants/acme/modules/notes"
    off = await client.put(switch, json={"enabled": False}, headers=owner.headers)
    assert off.status_code == 403

    change = {"suspension_reason": None}
    await client.patch("/api/v1/tenants/acme", json=change, headers=master.headers)
    assert (await client.get(NOTES, headers=owner.at("acme"))).status_code == 200


@pytest.mark.parametrize(
    "host", ["shop.example.com", "SHOP.example.com", "shop.example.com:8443", "shop.example.com."]
)
async def test_the_host_chooses_the_tenant(client, make_tenant, host):
    owner = await make_tenant("acme", domain="Shop.Example.com")
    await client.post(NOTES, json={"text": "here"}, headers=owner.at("acme"))
    response = await client.get(NOTES, headers={**owner.headers, "Host": host})
    assert response.json() == ["here"]


async def test_host_and_header_that_agree_are_fine_and_that_differ_are_not(client, make_tenant):
    owner = await make_tenant("acme", domain="shop.example.com")
    host = {"Host": "shop.example.com"}
    assert (await client.get(NOTES, headers={**owner.at("acme"), **host})).status_code == 200
    for other in ("globex", "nowhere"):
        response = await client.get(NOTES, headers={**owner.at(other), **host})
        assert response.status_code == 400
        assert pointers(response) == ["/X-Tenant"]


async def test_nobody_enters_another_tenant_than_their_own_that_the_host_chooses(
    client, make_tenant, master, join
):
    await make_tenant("acme", domain="shop.example.com")
    await make_tenant("globex")
    own = {"phone": master.phone}
    await client.post("/api/v1/tenants/acme/members", json=own, headers=master.headers)
    headers = {**master.at("globex"), "X-Tenant-Reason": "support"}
    assert (await client.get(NOTES, headers=headers)).status_code == 200
    response = await client.get(NOTES, headers={**headers, "Host": "shop.example.com"})
    assert response.status_code == 400
    assert pointers(response) == ["/X-Tenant"]


async def test_a_stranger_cannot_tell_a_tenants_host_from_any_other(client, make_tenant):
    await make_tenant("acme", domain="shop.example.com")
    stranger = await make_tenant("globex")
    for headers in (stranger.headers, stranger.at("globex"), stranger.at("nowhere")):
        for path in (NOTES, "/api/v1/users/me"):
            real, unreal = [
                await client.get(path, headers={**headers, "Host": f"{name}.example.com"})
                for name in ("shop", "nowhere")
            ]
            assert real.status_code == unreal.status_code
            assert _without_id(real.json()) == _without_id(unreal.json())


@pytest.fixture
async def proxied(settings, notes):
    """The platform behind a proxy at 10.0.0.1, which is trusted, and a client past it."""
    app = create_app(replace(settings, trusted_proxies="10.0.0.0/8"), [notes])
    async with AsyncTestClient(app):
        transports = (ASGITransport(app, client=(peer, 1)) for peer in ("10.0.0.1", "192.0.2.1"))
        async with AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(
                    AsyncClient(transport=transport, base_url="http://inner.example")
                )
                for transport in transports
            ]


async def test_a_forwarded_host_chooses_the_tenant_if_a_trusted_proxy_tells(proxied, make_tenant):
    owner = await make_tenant("acme", domain="shop.example.com")
    headers = {**owner.headers, "X-Forwarded-Host": "SHOP.example.com.:443"}
    by_proxy, direct = [await each.get(NOTES, headers=headers) for each in proxied]
    assert by_proxy.status_code == 200
    assert direct.status_code == 400
    assert pointers(direct) == ["/X-Tenant"]


def _without_id(document):
    return {**document, "request_id": None} if isinstance(document, dict) else document


async def test_two_tenant_headers_are_refused(client, make_tenant):
    owner = await make_tenant("acme")
    headers = [*owner.headers.items(), ("X-Tenant", "acme"), ("X-Tenant", "acme")]
    assert (await client.get(NOTES, headers=headers)).status_code == 400


@pytest.mark.parametrize("name", ["", " ", "ACME", "acme'--", "a" * 5000, "акме".encode()])
async def test_an_odd_tenant_name_is_unknown(client, make_tenant, name):
    owner = await make_tenant("acme")
    assert (await client.get(NOTES, headers={**owner.headers, "X-Tenant": name})).status_code == 404


@pytest.mark.parametrize("host", ["[2001:db8::1]:8000", "localhost", ""])
async def test_a_host_that_is_no_domain_chooses_no_tenant(client, make_tenant, host):
    owner = await make_tenant("acme", domain="shop.example.com")
    assert (await client.get(NOTES, headers={**owner.headers, "Host": host})).status_code == 400
    both = {**owner.at("acme"), "Host": host}
    assert (await client.get(NOTES, headers=both)).status_code == 200


@pytest.mark.parametrize("host", ["shop.example.com:x", "shop.example.com:80:80", "[::1"])
async def test_a_malformed_host_is_refused(client, make_tenant, host):
    owner = await make_tenant("acme", domain="shop.example.com")
    refused = await client.get(NOTES, headers={**owner.at("acme"), "Host": host})
    assert refused.status_code == 400
    assert pointers(refused) == ["/Host"]


async def test_an_open_route_needs_a_tenant_with_the_module_but_no_token(client, make_tenant):
    await make_tenant("acme")
    await make_tenant("globex", modules=())
    path = f"{NOTES}/open"
    assert (await client.get(path, headers={"X-Tenant": "acme"})).status_code == 200
    assert (await client.get(path, headers={"X-Tenant": "globex"})).status_code == 404
    assert (await client.get(path, headers={"X-Tenant": "nowhere"})).status_code == 404
    assert (await client.get(path)).status_code == 400
