"""The platform vouches for a domain, without a proof."""

TENANTS = "/api/v1/tenants"
SHOP = "shop.example.com"


async def test_the_platform_vouches_for_a_domain_and_takes_that_back(
    domains, client, make_tenant, master
):
    acme = await make_tenant("acme")
    await domains.claim("acme", acme)
    place = f"{TENANTS}/acme"
    changed = await client.patch(place, json={"domain": SHOP}, headers=master.headers)
    assert changed.json()["domain"] == SHOP
    assert await domains.choose(acme)
    kept = await domains.verify("acme", acme)
    assert (kept.json()["status"], kept.json()["method"]) == ("verified", "platform")
    found = await client.get(TENANTS, params={"search": "SHOP.ex"}, headers=master.headers)
    assert [item["domain"] for item in found.json()["items"]] == [SHOP]

    change = {"domain": "other.example.com"}
    assert (await client.patch(place, json=change, headers=master.headers)).json() | change
    assert (await domains.choose(acme), await domains.choose(acme, "other.example.com")) == (
        False,
        True,
    )
    assert (await domains.ask("GET", "acme", acme)).json()["total"] == 1
    gone = await client.patch(place, json={"domain": None}, headers=master.headers)
    assert gone.json()["domain"] is None
    assert not await domains.choose(acme, "other.example.com")


async def test_the_platform_vouches_for_no_domain_that_another_tenant_has_proven(
    domains, client, make_tenant, master
):
    acme = await make_tenant("acme")
    await make_tenant("globex", modules=())
    await domains.prove("acme", acme)
    path, body = f"{TENANTS}/globex", {"domain": SHOP}
    refused = await client.patch(path, json=body, headers=master.headers)
    assert refused.status_code == 409
    assert await domains.choose(acme)
