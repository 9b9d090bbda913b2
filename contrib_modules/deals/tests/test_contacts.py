"""How deals and contacts go together, which know nothing of deals."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from tochka_deals.models import Deal

CONTACTS, DEALS = "/api/v1/contacts", "/api/v1/deals"
MODULES = "/api/v1/tenants/initech/modules"


def test_a_contact_stays_while_there_are_deals_with_it(acme, contact, create):
    deal = create()
    one = f"{CONTACTS}/{contact['id']}"
    refused = acme.delete(one)
    assert refused.status_code == 409
    assert refused.json()["detail"] == "The module deals still refers to it."
    assert refused.json()["module"] == "deals"
    limits = acme.get("/api/v1/tenants/acme/limits").json()
    assert {limit["name"]: limit["used"] for limit in limits}["contacts.max"] == 1
    assert acme.delete(f"{DEALS}/{deal['id']}").status_code == 204
    assert acme.delete(one).status_code == 204


async def test_a_contact_that_goes_as_a_deal_comes_is_there_or_has_none(acme, contact):
    caller = acme.asynchronous()
    body = {"title": "x", "contact_id": contact["id"]}
    *made, gone = await asyncio.gather(
        *(caller.post(DEALS, json=body) for _ in range(3)),
        caller.delete(f"{CONTACTS}/{contact['id']}"),
    )
    assert {answer.status_code for answer in made} <= {201, 400, 409}
    is_used = any(answer.status_code == 201 for answer in made)
    assert gone.status_code == (409 if is_used else 204)


async def test_a_deal_cannot_point_to_a_contact_of_another_tenant(
    tochka, acme, globex, create, made
):
    """Not even where a module's own code tries to."""
    deal = create()
    theirs = made(globex, CONTACTS, name="Boris")["id"]
    pointing = update(Deal).where(Deal.id == UUID(deal["id"])).values(contact_id=UUID(theirs))
    with pytest.raises(IntegrityError, match="fk_deals_tenant_id_contact_id"):
        async with tochka.tenant_scope(acme.tenant.id) as session:
            await session.execute(pointing)


def test_contacts_are_enabled_first_or_along(tochka):
    initech = tochka.tenant_client("initech", modules=[])
    refused = initech.put(f"{MODULES}/deals", json={"enabled": True})
    assert (refused.status_code, refused.json()["missing"]) == (409, ["contacts"])
    wanted = {"enabled": True, "with_dependencies": True}
    switched = initech.put(f"{MODULES}/deals", json=wanted).json()
    assert (switched["state"], switched["enabled_along"]) == ("enabled", ["contacts"])
    assert initech.get(DEALS).status_code == 200


def test_contacts_are_disabled_last_or_along(tochka):
    initech = tochka.tenant_client("initech")
    refused = initech.put(f"{MODULES}/contacts", json={"enabled": False})
    assert (refused.status_code, refused.json()["dependents"]) == (409, ["deals"])
    wanted = {"enabled": False, "with_dependents": True}
    switched = initech.put(f"{MODULES}/contacts", json=wanted).json()
    assert switched["disabled_along"] == ["deals"]
    assert initech.get(DEALS).status_code == initech.get(CONTACTS).status_code == 404


def test_deals_stay_while_the_module_is_away(acme, contact, create):
    deal = create()
    switch = "/api/v1/tenants/acme/modules/deals"
    acme.put(switch, json={"enabled": False})
    refused = acme.delete(f"{CONTACTS}/{contact['id']}")
    assert (refused.status_code, refused.json()["module"]) == (409, "deals")
    acme.put(switch, json={"enabled": True})
    assert acme.get(f"{DEALS}/{deal['id']}").json() == deal


def test_a_tenant_without_the_module_meets_nothing(tochka):
    initech = tochka.tenant_client("initech", modules=["contacts"])
    for path in (DEALS, f"{DEALS}/pipelines", f"{DEALS}/summary"):
        assert initech.get(path).status_code == 404
