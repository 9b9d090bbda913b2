"""Proofs are looked at while nothing is locked, and looked at again."""

import pytest
from sqlalchemy import text
from tochka_core.db import Database
from tochka_core.domains.proofs import Finding, Proof
from tochka_core.domains.verification import recheck

SHOP = "shop.example.com"


@pytest.fixture
def meanwhile(proofs, settings, monkeypatch):
    """Run statements while name servers and web sites are asked, which then give a proof."""

    def meanwhile(*statements):
        seen = []

        async def find(_domain, _token):
            # The application has an event loop of its own, so a connection has to be its own too.
            database = Database(settings.engine_url, pool_size=1)
            async with database.platform_scope(reason="test") as session:
                seen.extend([(await session.execute(text(it))).rowcount for it in statements])
            await database.dispose()
            return Proof(dns=Finding.FOUND, file=Finding.UNKNOWN)

        monkeypatch.setattr(proofs, "find", find)
        return seen

    return meanwhile


async def test_no_transaction_is_open_while_the_world_is_asked(domains, make_tenant, meanwhile):
    owner = await make_tenant("acme", modules=())
    await domains.claim("acme", owner)
    seen = meanwhile(
        "SELECT FROM tochka.tenants FOR UPDATE NOWAIT",
        "SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL",
    )
    assert (await domains.verify("acme", owner)).status_code == 200
    assert seen == [1, 0]


async def test_a_tenant_may_not_have_the_world_asked_without_end(domains, make_tenant, meanwhile):
    acme, globex = await make_tenant("acme", modules=()), await make_tenant("globex", modules=())
    await domains.claim("acme", acme)
    await domains.claim("globex", globex)
    asked = meanwhile("SELECT 1")
    answers = [await domains.verify("acme", acme) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert len(asked) == 30
    assert (await domains.verify("globex", globex)).status_code == 409


async def test_a_claim_that_is_released_meanwhile_is_not_proven(domains, make_tenant, meanwhile):
    owner = await make_tenant("acme", modules=())
    await domains.claim("acme", owner)
    # As if it were released, and claimed anew by the same tenant.
    seen = meanwhile("UPDATE tochka.domain_claims SET token = 'another'")
    assert (await domains.verify("acme", owner)).status_code == 404
    assert seen == [1]
    assert (await domains.get("acme", owner))["status"] == "pending"


async def test_a_token_that_came_with_an_import_proves_nothing(
    domains, make_tenant, database, internet
):
    acme, globex = await make_tenant("acme", modules=()), await make_tenant("globex", modules=())
    for tenant, owner in (("acme", acme), ("globex", globex)):
        await domains.claim(tenant, owner)
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("UPDATE tochka.domain_claims SET token = 'the same'"))
    published = (await domains.get("acme", acme))["dns"]["value"]
    internet.publish_record(SHOP, published)
    assert (await domains.get("globex", globex))["dns"]["value"] != published
    assert (await domains.verify("globex", globex)).status_code == 409
    assert (await domains.verify("acme", acme)).status_code == 200


async def test_what_the_platform_vouches_for_meanwhile_stays_so(domains, make_tenant, meanwhile):
    owner = await make_tenant("acme", modules=())
    await domains.claim("acme", owner)
    meanwhile(
        "INSERT INTO tochka.domains (domain, holder_id, method)"
        " SELECT domain, tenant_id, 'platform' FROM tochka.domain_claims"
    )
    verified = (await domains.verify("acme", owner)).json()
    assert (verified["status"], verified["method"]) == ("verified", "platform")


async def test_who_may_not_manage_the_tenant_any_more_proves_nothing(
    domains, make_tenant, meanwhile, master
):
    owner = await make_tenant("acme", modules=())
    await domains.claim("acme", owner)
    meanwhile("UPDATE tochka.memberships SET role = 'member'")
    assert (await domains.verify("acme", owner)).status_code == 403
    assert (await domains.get("acme", master))["status"] == "pending"


@pytest.fixture
def look(database, proofs):
    """Look at all proofs again, as the command does."""

    async def look():
        found = [item async for item in recheck(database, proofs)]
        return [(item.domain, item.tenant, item.was, item.status, item.is_known) for item in found]

    return look


async def test_all_proofs_are_looked_at_again(domains, make_tenant, look, internet):
    acme = await make_tenant("acme", domain="vouched.example.com")
    token = await domains.prove("acme", acme)
    assert await look() == [(SHOP, "acme", "verified", "verified", True)]
    internet.zone.failing.update({SHOP, f"_tochka-challenge.{SHOP}"})
    assert await look() == [(SHOP, "acme", "verified", "verified", False)]
    assert await domains.choose(acme)
    internet.zone.failing.clear()
    internet.forget(SHOP)
    assert await look() == [(SHOP, "acme", "verified", "lapsed", True)]
    assert not await domains.choose(acme)
    assert await look() == [(SHOP, "acme", "lapsed", "lapsed", True)]
    internet.publish_record(SHOP, token)
    assert await look() == [(SHOP, "acme", "lapsed", "verified", True)]
    assert await domains.choose(acme)
    assert await domains.choose(acme, "vouched.example.com")


async def test_what_becomes_of_a_domain_is_written_down(domains, make_tenant, look, master):
    owner = await make_tenant("acme", modules=())
    await domains.prove("acme", owner)
    await domains.verify("acme", owner)
    domains.internet.forget(SHOP)
    assert await look() == [(SHOP, "acme", "verified", "lapsed", True)]
    await domains.ask("DELETE", "acme", owner, f"/{SHOP}")
    place, vouched = "/api/v1/tenants/acme", {"domain": "other.example.com"}
    await domains.client.patch(place, json=vouched, headers=master.headers)
    page = (await domains.client.get(f"{place}/audit", headers=owner.headers)).json()
    written = [(item["action"], item["actor"], item["detail"]) for item in page["items"]][::-1]
    me, platform = str(owner.id), str(master.id)
    assert written[1:] == [
        ("domain.claimed", me, {"domain": SHOP}),
        ("domain.verified", me, {"domain": SHOP, "method": "dns"}),
        ("domain.lapsed", None, {"domain": SHOP}),
        ("domain.released", me, {"domain": SHOP}),
        ("domain.vouched_for", platform, vouched),
    ]
