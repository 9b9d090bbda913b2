"""What becomes of a tenant is told to the modules that are open to it, and they may refuse."""

import pytest
from tochka_plugins import Conflict
from tochka_plugins.core_events import (
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    ModuleDisabled,
    ModuleEnabled,
    SubscriptionChanged,
    TenantResumed,
    TenantSuspended,
)

ACME = "/api/v1/tenants/acme"


@pytest.fixture
def heard(when, owner):
    """What deals has been told since acme was there."""
    heard = []

    async def hear(event, tenant, session):
        assert tenant.name == "acme"
        heard.append(event)

    when("deals told", hear)
    return heard


@pytest.fixture
def ask(client):
    """Ask for something of acme as somebody; return the answer."""

    async def ask(person, method, path="", **body):
        answer = await client.request(
            method, f"{ACME}{path}", json=body or None, headers=person.headers
        )
        assert answer.is_success, answer.text
        return answer

    return ask


async def test_of_members(heard, owner, join, ask):
    person = await join()
    await ask(owner, "PATCH", f"/members/{person.id}", role="admin")
    await ask(owner, "PATCH", f"/members/{person.id}", role="admin")
    await ask(owner, "POST", "/ownership", user_id=str(person.id))
    await ask(owner, "DELETE", f"/members/{owner.id}")
    assert heard == [
        MemberAdded(person.id, "member"),
        MemberRoleChanged(person.id, before="member", role="admin"),
        MemberRoleChanged(person.id, before="admin", role="owner"),
        MemberRoleChanged(owner.id, before="owner", role="admin"),
        MemberRemoved(owner.id),
    ]


async def test_of_who_accepts_an_invitation(heard, owner, register, client, ask):
    person = await register()
    await ask(owner, "POST", "/invitations", phone=person.phone, role="admin")
    path = "/api/v1/users/me/invitations"
    (invitation,) = (await client.get(path, headers=person.headers)).json()
    await client.post(f"{path}/{invitation['id']}/accept", headers=person.headers)
    assert heard == [MemberAdded(person.id, "admin")]


async def test_of_modules(heard, switch):
    await switch("reports", enabled=True)
    await switch("reports", enabled=True)
    await switch("reports", enabled=False)
    await switch("deals", enabled=False)
    assert heard == [ModuleEnabled("reports"), ModuleDisabled("reports")]
    await switch("deals", enabled=True)
    assert heard[2:] == [ModuleEnabled("deals")]


async def test_of_suspension(heard, master, ask):
    await ask(master, "PATCH", suspension_reason="unpaid")
    await ask(master, "PATCH", suspension_reason="still unpaid")
    await ask(master, "PATCH", suspension_reason=None)
    assert heard == [TenantSuspended(), TenantResumed()]


async def test_of_what_is_sold(heard, master, ask):
    sold = (await ask(master, "POST", "/subscriptions", modules=["deals"], paid_until=None)).json()
    (event,) = heard
    assert isinstance(event, SubscriptionChanged)
    assert str(event.subscription.id) == sold["id"]
    assert (event.subscription.event, event.subscription.modules) == ("sold", ("deals",))


async def test_a_module_may_refuse(when, owner, join, client):
    person = await join()

    async def refuse(_event, _tenant, _session):
        raise Conflict("Nobody goes.")

    when("deals told", refuse)
    path = f"{ACME}/members/{person.id}"
    refused = await client.delete(path, headers=owner.headers)
    assert (refused.status_code, refused.json()["detail"]) == (409, "Nobody goes.")
    members = await client.get(f"{ACME}/members", headers=owner.headers)
    assert members.json()["total"] == 2
