"""Members: who they are, what they may do to each other, and that an owner is left."""

import asyncio

import pytest

TENANTS = "/api/v1/tenants"
MEMBERS = f"{TENANTS}/acme/members"


@pytest.fixture
def roles(client, master):
    """Return the roles of acme's members by id."""

    async def roles():
        found = (await client.get(MEMBERS, headers=master.headers)).json()
        return {item["user_id"]: item["role"] for item in found["items"]}

    return roles


@pytest.fixture
def change(client):
    """Give somebody another role; return the status."""

    async def change(person, acting, role):
        path = f"{MEMBERS}/{person.id}"
        answer = await client.patch(path, json={"role": role}, headers=acting.headers)
        return answer.status_code

    return change


async def test_a_removed_member_is_out_at_once(client, make_tenant, master, register):
    owner, member = await make_tenant("acme"), await register()
    path = f"{TENANTS}/acme/members"
    await client.post(path, json={"phone": member.phone}, headers=master.headers)
    assert (await client.get("/api/v1/notes", headers=member.at("acme"))).status_code == 200
    assert (await client.delete(f"{path}/{member.id}", headers=owner.headers)).status_code == 204
    assert (await client.get("/api/v1/notes", headers=member.at("acme"))).status_code == 404
    assert (await client.delete(f"{path}/{member.id}", headers=owner.headers)).status_code == 404


async def test_a_member_may_look_but_not_manage(client, make_tenant, master, register):
    owner, member = await make_tenant("acme"), await register()
    body = {"phone": member.phone}
    path = f"{TENANTS}/acme/members"
    assert (await client.post(path, json=body, headers=master.headers)).status_code == 201
    assert (await client.post(path, json=body, headers=master.headers)).status_code == 409
    assert (await client.get(path, headers=member.headers)).json()["total"] == 2
    switch = await client.put(
        f"{TENANTS}/acme/modules/notes", json={"enabled": False}, headers=member.headers
    )
    removed = await client.delete(f"{path}/{owner.id}", headers=member.headers)
    assert switch.status_code == removed.status_code == 403


async def test_the_last_owner_stays_also_in_a_race(client, make_tenant, master, register):
    first, second = await make_tenant("acme"), await register()
    path = f"{TENANTS}/acme/members"
    body = {"phone": second.phone, "role": "owner"}
    assert (await client.post(path, json=body, headers=master.headers)).status_code == 201
    answers = await asyncio.gather(
        client.delete(f"{path}/{first.id}", headers=master.headers),
        client.delete(f"{path}/{second.id}", headers=master.headers),
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert (await client.get(path, headers=master.headers)).json()["total"] == 1


async def test_an_admin_changes_roles_but_not_those_of_owners(make_tenant, join, change, roles):
    owner, admin, member = await make_tenant("acme"), await join("admin"), await join()
    assert await change(member, admin, "admin") == 200
    assert await change(member, admin, "member") == 200
    assert await change(member, admin, "owner") == 403
    assert await change(owner, admin, "member") == 403
    assert await change(member, member, "admin") == 403
    assert await roles() == {
        str(owner.id): "owner",
        str(admin.id): "admin",
        str(member.id): "member",
    }


async def test_an_admin_removes_no_owner(client, make_tenant, join):
    owner, admin = await make_tenant("acme"), await join("admin")
    await join("owner")
    answer = await client.delete(f"{MEMBERS}/{owner.id}", headers=admin.headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("role", ["member", "admin", "owner"])
async def test_anyone_leaves(client, make_tenant, join, roles, role):
    owner, person = await make_tenant("acme"), await join(role)
    path = f"{MEMBERS}/{person.id}"
    assert (await client.delete(path, headers=person.headers)).status_code == 204
    assert await roles() == {str(owner.id): "owner"}
    assert (await client.get(MEMBERS, headers=person.headers)).status_code == 404


async def test_the_last_owner_neither_leaves_nor_steps_down(client, make_tenant, join, change):
    owner = await make_tenant("acme")
    await join("admin")
    left = await client.delete(f"{MEMBERS}/{owner.id}", headers=owner.headers)
    assert left.status_code == 409
    assert await change(owner, owner, "member") == 409
    assert await change(owner, owner, "owner") == 200


async def test_a_member_may_leave_a_suspended_tenant_but_not_manage_it(
    client, make_tenant, join, master, change
):
    owner, member = await make_tenant("acme"), await join()
    body = {"suspension_reason": "unpaid"}
    await client.patch(f"{TENANTS}/acme", json=body, headers=master.headers)
    path = f"{MEMBERS}/{member.id}"
    assert await change(member, owner, "admin") == 403
    assert (await client.delete(path, headers=owner.headers)).status_code == 403
    assert (await client.delete(path, headers=member.headers)).status_code == 204


async def test_ownership_is_handed_over(client, make_tenant, join, roles):
    owner, heir = await make_tenant("acme"), await join()
    path = f"{TENANTS}/acme/ownership"
    body = {"user_id": str(heir.id)}
    assert (await client.post(path, json=body, headers=heir.headers)).status_code == 403
    given = await client.post(path, json=body, headers=owner.headers)
    assert (given.status_code, given.json()["role"]) == (200, "owner")
    assert await roles() == {str(owner.id): "admin", str(heir.id): "owner"}
    assert (await client.post(path, json=body, headers=owner.headers)).status_code == 403


async def test_ownership_goes_to_another_member_only(client, make_tenant, register):
    owner, stranger = await make_tenant("acme"), await register()
    path = f"{TENANTS}/acme/ownership"
    for person, status in ((stranger, 404), (owner, 409)):
        body = {"user_id": str(person.id)}
        assert (await client.post(path, json=body, headers=owner.headers)).status_code == status


async def test_who_owns_nothing_has_no_ownership_to_hand_over(
    client, make_tenant, join, master, roles
):
    owner, heir = await make_tenant("acme"), await join()
    body = {"user_id": str(heir.id)}
    refused = await client.post(f"{TENANTS}/acme/ownership", json=body, headers=master.headers)
    assert refused.status_code == 409
    assert "change the role" in refused.json()["detail"]
    assert await roles() == {str(owner.id): "owner", str(heir.id): "member"}


async def test_owners_who_depose_each_other_at_once_leave_one(make_tenant, join, change, roles):
    first = await make_tenant("acme")
    second = await join("owner")
    statuses = await asyncio.gather(
        change(second, first, "member"), change(first, second, "member")
    )
    assert sorted(statuses) == [200, 403]
    assert sorted((await roles()).values()) == ["member", "owner"]
