"""Domains: claimed by anyone, held by the first who proves them, until they are released."""

import asyncio

import pytest
from problems import pointers
from sqlalchemy import text
from tochka_core.domains.claims import MAX_PENDING

SHOP = "shop.example.com"


async def test_a_claim_says_what_proves_it_and_chooses_nobody(domains, make_tenant):
    owner = await make_tenant("acme")
    made = (await domains.ask("POST", "acme", owner, domain="Shop.Example.com.")).json()
    token = made["dns"]["value"]
    assert len(token) == 43
    assert made["dns"] == {"type": "TXT", "name": f"_tochka-challenge.{SHOP}", "value": token}
    url = f"https://{SHOP}/.well-known/tochka-challenge"
    assert made["file"] == {"url": url, "content": token}
    assert (made["domain"], made["status"], made["method"]) == (SHOP, "pending", None)
    assert await domains.get("acme", owner) == made
    assert not await domains.choose(owner)


@pytest.mark.parametrize("method", ["dns", "file"])
async def test_a_domain_that_is_proven_chooses_the_tenant(domains, make_tenant, internet, method):
    owner = await make_tenant("acme")
    token = await domains.claim("acme", owner)
    publish = internet.publish_record if method == "dns" else internet.publish_file
    publish(SHOP, token)
    verified = (await domains.verify("acme", owner)).json()
    assert (verified["status"], verified["method"]) == ("verified", method)
    assert await domains.choose(owner)
    again = (await domains.verify("acme", owner)).json()
    assert again["verified_at"] == verified["verified_at"] < again["checked_at"]


async def test_without_a_proof_nothing_is_verified(domains, make_tenant, internet):
    owner = await make_tenant("acme")
    await domains.claim("acme", owner)
    refused = await domains.verify("acme", owner)
    assert refused.status_code == 409
    assert (refused.json()["dns"], refused.json()["file"]) == ("absent", "absent")
    internet.zone.failing.update({SHOP, f"_tochka-challenge.{SHOP}"})
    refused = await domains.verify("acme", owner)
    assert (refused.json()["dns"], refused.json()["file"]) == ("unknown", "unknown")
    assert (await domains.get("acme", owner))["status"] == "pending"


async def test_a_domain_in_other_letters_is_shown_in_both(domains, make_tenant):
    owner = await make_tenant("acme")
    made = (await domains.ask("POST", "acme", owner, domain="Магазин.рф")).json()
    assert (made["domain"], made["unicode"]) == ("xn--80aairftm.xn--p1ai", "магазин.рф")
    assert made["dns"]["name"] == "_tochka-challenge.xn--80aairftm.xn--p1ai"
    assert (await domains.ask("DELETE", "acme", owner, f"/{made['domain']}")).status_code == 204


@pytest.mark.parametrize(
    "domain", ["com", "10.0.0.1", "аpple.com", "a_b.example", "*.acme.example"]
)
async def test_a_bad_domain_is_refused(domains, make_tenant, domain):
    owner = await make_tenant("acme", modules=())
    refused = await domains.ask("POST", "acme", owner, domain=domain)
    assert refused.status_code == 400
    assert pointers(refused) == ["/domain"]


async def test_who_proves_it_first_has_it_and_a_token_is_good_for_its_tenant_alone(
    domains, make_tenant, internet
):
    acme, globex = await make_tenant("acme"), await make_tenant("globex")
    ours, theirs = await domains.claim("acme", acme), await domains.claim("globex", globex)
    assert ours != theirs
    internet.publish_record(SHOP, theirs)
    assert (await domains.verify("acme", acme)).json()["dns"] == "absent"
    assert (await domains.verify("globex", globex)).status_code == 200
    internet.publish_record(SHOP, ours)
    refused = await domains.verify("acme", acme)
    assert refused.status_code == 409
    assert "belongs to another tenant" in refused.json()["detail"]
    assert not await domains.choose(acme)


async def test_a_race_for_a_domain_has_one_winner(domains, make_tenant, internet):
    owners = {name: await make_tenant(name, modules=()) for name in ("aa", "bb", "cc", "dd")}
    tokens = [await domains.claim(name, owner) for name, owner in owners.items()]
    internet.zone.texts[f"_tochka-challenge.{SHOP}"] = [[token] for token in tokens]
    answers = await asyncio.gather(*(domains.verify(name, owner) for name, owner in owners.items()))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_a_lapsed_domain_chooses_nobody_and_is_taken_over_by_nobody(
    domains, make_tenant, internet, master
):
    acme, globex = await make_tenant("acme"), await make_tenant("globex")
    ours, theirs = await domains.prove("acme", acme), await domains.claim("globex", globex)
    internet.publish_record(SHOP, theirs)
    assert (await domains.verify("acme", acme)).status_code == 409
    assert (await domains.get("acme", acme))["status"] == "lapsed"
    assert not await domains.choose(acme)
    refused = await domains.verify("globex", globex)
    assert "belongs to another tenant" in refused.json()["detail"]

    internet.publish_record(SHOP, ours)
    assert (await domains.verify("acme", acme)).json()["status"] == "verified"
    assert await domains.choose(acme)

    internet.publish_record(SHOP, theirs)
    assert (await domains.ask("DELETE", "acme", master, f"/{SHOP}")).status_code == 204
    assert (await domains.verify("globex", globex)).json()["status"] == "verified"
    assert (await domains.choose(globex), await domains.choose(acme)) == (True, False)


async def test_a_tenant_releases_its_domain_and_an_old_proof_is_good_for_nothing(
    domains, make_tenant
):
    acme = await make_tenant("acme")
    await domains.prove("acme", acme)
    assert (await domains.ask("DELETE", "acme", acme, f"/{SHOP}")).status_code == 204
    assert not await domains.choose(acme)
    assert (await domains.ask("DELETE", "acme", acme, f"/{SHOP}")).status_code == 404
    assert (await domains.ask("POST", "acme", acme, domain=SHOP)).status_code == 201
    assert (await domains.verify("acme", acme)).status_code == 409


async def test_a_tenant_that_is_gone_leaves_its_domain_free(
    domains, make_tenant, database, internet
):
    acme, globex = await make_tenant("acme"), await make_tenant("globex")
    await domains.prove("acme", acme)
    internet.publish_record(SHOP, await domains.claim("globex", globex))
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("DELETE FROM tochka.tenants WHERE name = 'acme'"))
    assert (await domains.verify("globex", globex)).status_code == 200


async def test_domains_are_the_business_of_owners_and_admins(domains, make_tenant, register):
    owner, stranger = await make_tenant("acme", modules=()), await register()
    await domains.claim("acme", owner)
    requests = (
        ("GET", "", {}),
        ("POST", "", {"domain": "other.example.com"}),
        ("POST", f"/{SHOP}/verify", {}),
        ("DELETE", f"/{SHOP}", {}),
    )
    for method, path, body in requests:
        real, unreal = [
            await domains.ask(method, name, stranger, path, **body) for name in ("acme", "nowhere")
        ]
        assert real.status_code == unreal.status_code == 404
        assert {**real.json(), "request_id": None} == {**unreal.json(), "request_id": None}


async def test_what_a_tenant_has_not_claimed_is_not_found(domains, make_tenant):
    acme, globex = await make_tenant("acme", modules=()), await make_tenant("globex", modules=())
    await domains.claim("acme", acme)
    assert (await domains.ask("POST", "globex", globex, f"/{SHOP}/verify")).status_code == 404
    assert (await domains.ask("DELETE", "globex", globex, f"/{SHOP}")).status_code == 404
    assert (await domains.ask("GET", "globex", globex)).json()["total"] == 0


async def test_a_tenant_claims_so_many_domains_without_proving_any(domains, make_tenant):
    owner = await make_tenant("acme", modules=())
    for number in range(MAX_PENDING):
        await domains.claim("acme", owner, f"n{number}.example.com")
    assert (await domains.ask("POST", "acme", owner, domain=SHOP)).status_code == 409
    assert (await domains.ask("POST", "acme", owner, domain="n1.example.com")).status_code == 409
    assert (await domains.ask("DELETE", "acme", owner, "/n1.example.com")).status_code == 204
    await domains.claim("acme", owner)
