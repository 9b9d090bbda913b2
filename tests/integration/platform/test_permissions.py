"""What a person may do in a tenant, and routes that ask for it."""

import pytest

TENANT = "/api/v1/tenants/acme"
NOTES = "/api/v1/notes"
GUARDED = f"{NOTES}/guarded"
OWN = "/api/v1/users/me/permissions"


@pytest.fixture
def held(client):
    """Return what a person holds in acme of the module's."""

    async def held(person):
        answer = (await client.get(OWN, headers=person.at("acme"))).json()
        return [name for name in answer["permissions"] if name.startswith("notes:")]

    return held


async def test_a_route_is_for_those_who_hold_its_permission(client, make_tenant, join):
    owner, admin, member = await make_tenant("acme"), await join("admin"), await join()
    for person, status in ((owner, 200), (admin, 200), (member, 403)):
        assert (await client.get(GUARDED, headers=person.at("acme"))).status_code == status
    refused = (await client.get(GUARDED, headers=member.at("acme"))).json()
    assert refused["permission"] == "notes:write"
    assert "notes:write" in refused["detail"]
    assert (await client.get(GUARDED)).status_code == 401


async def test_who_lacks_a_permission_is_told_before_the_body_is_read(client, make_tenant):
    owner = await make_tenant("acme")
    answer = await client.post(f"{NOTES}/purge", content=b"{", headers=owner.at("acme"))
    assert (answer.status_code, answer.json()["permission"]) == (403, "notes:purge")


async def test_a_role_gives_what_it_holds_and_a_change_is_in_force_at_once(
    client, make_tenant, define_role, join
):
    owner = await make_tenant("acme")
    await define_role(owner, "purger", "notes:purge")
    purger = await join("purger")
    body = {"text": "old"}
    for permissions, status in ((["notes:purge"], 201), ([], 403), (["notes:purge"], 201)):
        change = {"permissions": permissions}
        await client.patch(f"{TENANT}/roles/purger", json=change, headers=owner.headers)
        answer = await client.post(f"{NOTES}/purge", json=body, headers=purger.at("acme"))
        assert answer.status_code == status
    change = {"role": "member"}
    await client.patch(f"{TENANT}/members/{purger.id}", json=change, headers=owner.headers)
    answer = await client.post(f"{NOTES}/purge", json=body, headers=purger.at("acme"))
    assert answer.status_code == 403


async def test_one_sees_what_one_holds(client, make_tenant, define_role, join, held):
    owner = await make_tenant("acme")
    await define_role(owner, "purger", "notes:purge", "tenants:read_audit")
    purger, member = await join("purger"), await join()
    assert (await client.get(OWN, headers=purger.at("acme"))).json() == {
        "tenant": "acme",
        "role": "purger",
        "permissions": ["notes:purge", "tenants:read_audit"],
    }
    assert await held(owner) == ["notes:read", "notes:write"]
    assert await held(member) == ["notes:read"]
    assert (await client.get(OWN, headers=owner.headers)).status_code == 400


async def test_permissions_of_a_module_go_and_come_with_it(
    client, make_tenant, define_role, join, held
):
    owner = await make_tenant("acme")
    await define_role(owner, "purger", "notes:purge")
    purger = await join("purger")
    for is_enabled in (False, True):
        body = {"enabled": is_enabled}
        await client.put(f"{TENANT}/modules/notes", json=body, headers=owner.headers)
        assert bool(await held(owner)) == is_enabled
        assert await held(purger) == ["notes:purge"] * is_enabled


async def test_a_permission_is_held_in_one_tenant_only(client, make_tenant):
    owner = await make_tenant("acme")
    await make_tenant("globex")
    assert (await client.get(GUARDED, headers=owner.at("globex"))).status_code == 404
    assert (await client.get(OWN, headers=owner.at("globex"))).status_code == 404


async def test_the_platform_holds_what_an_admin_does_in_a_tenant_that_it_enters(
    client, make_tenant, master, join
):
    await make_tenant("acme")
    admin = await join("admin")
    expected = (await client.get(GUARDED, headers=admin.at("acme"))).json()
    entering = {**master.at("acme"), "X-Tenant-Reason": "support"}
    assert (await client.get(GUARDED, headers=entering)).json() == expected
    own = (await client.get(OWN, headers=entering)).json()
    assert (own["role"], own["permissions"]) == ("admin", expected)
