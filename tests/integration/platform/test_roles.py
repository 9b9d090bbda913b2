"""Roles that a tenant defines: what they hold, who may give them, and that a change is at once."""

import asyncio

import pytest
from problems import pointers
from sqlalchemy import text

TENANT = "/api/v1/tenants/acme"
ROLES = f"{TENANT}/roles"
MANAGE = "tenants:manage_members"


@pytest.fixture
def give(client):
    """Give a member a role; return the answer."""

    async def give(acting, person, role):
        path = f"{TENANT}/members/{person.id}"
        return await client.patch(path, json={"role": role}, headers=acting.headers)

    return give


async def test_a_role_is_defined_changed_and_deleted(client, make_tenant, define_role):
    owner = await make_tenant("acme")
    made = await define_role(owner, "support", MANAGE, "notes:read", MANAGE)
    assert made.status_code == 201
    assert made.json() == {
        "name": "support",
        "title": "support",
        "built_in": False,
        "permissions": ["notes:read", MANAGE],
        "without_effect": [],
    }
    one = f"{ROLES}/support"
    body = {"title": "Support", "permissions": ["tenants:read_audit"]}
    changed = await client.patch(one, json=body, headers=owner.headers)
    assert changed.status_code == 200
    assert changed.json().items() >= body.items()
    assert (await client.get(one, headers=owner.headers)).json() == changed.json()
    assert (await client.delete(one, headers=owner.headers)).status_code == 204
    for answer in (client.get, client.delete):
        assert (await answer(one, headers=owner.headers)).status_code == 404


async def test_built_in_roles_are_listed_with_what_they_hold(client, make_tenant, define_role):
    owner = await make_tenant("acme", modules=[])
    await define_role(owner, "support", "notes:read", "tenants:read_audit")
    listed = (await client.get(ROLES, headers=owner.headers)).json()
    assert [role["name"] for role in listed] == ["owner", "admin", "member", "support"]
    assert listed[2]["permissions"] == []
    assert listed[3]["without_effect"] == ["notes:read"]
    enabled = {"enabled": True}
    await client.put(f"{TENANT}/modules/notes", json=enabled, headers=owner.headers)
    *built_in, own = (await client.get(ROLES, headers=owner.headers)).json()
    assert all(role["built_in"] and "notes:read" in role["permissions"] for role in built_in)
    assert ["notes:write" in role["permissions"] for role in built_in] == [True, True, False]
    assert own["without_effect"] == []
    named = (await client.get(f"{ROLES}/member", headers=owner.headers)).json()
    assert named == built_in[2]


async def test_what_roles_may_hold_is_listed_with_titles(client, make_tenant):
    for name, modules in (("acme", ["notes"]), ("globex", [])):
        owner = await make_tenant(name, modules=modules)
        path = f"/api/v1/tenants/{name}/permissions"
        listed = (await client.get(path, headers=owner.headers)).json()
        names = [item["name"] for item in listed]
        assert MANAGE in names
        assert ("notes:write" in names) == bool(modules)
        assert all(item["title"] for item in listed)


async def test_a_role_may_manage_members_and_no_more(client, make_tenant, define_role, join, give):
    owner = await make_tenant("acme")
    await define_role(owner, "guest")
    await define_role(owner, "staff", MANAGE)
    staff, member = await join("staff"), await join()
    assert (await give(staff, member, "guest")).status_code == 200
    path = f"{TENANT}/members/{member.id}"
    assert (await client.delete(path, headers=staff.headers)).status_code == 204
    for method, path, body in (
        ("PUT", f"{TENANT}/modules/notes", {"enabled": False}),
        ("POST", f"{TENANT}/invitations", {"phone": member.phone}),
        ("POST", ROLES, {"name": "mine", "permissions": []}),
        ("GET", f"{TENANT}/audit", None),
    ):
        refused = await client.request(method, path, json=body, headers=staff.headers)
        assert refused.status_code == 403, path
        assert refused.json()["permission"].startswith("tenants:")


async def test_a_change_of_a_role_is_in_force_at_once(client, make_tenant, define_role, join, give):
    owner = await make_tenant("acme")
    await define_role(owner, "guest")
    await define_role(owner, "staff")
    staff, member = await join("staff"), await join()
    assert (await give(staff, member, "guest")).status_code == 403
    body = {"permissions": [MANAGE]}
    await client.patch(f"{ROLES}/staff", json=body, headers=owner.headers)
    assert (await give(staff, member, "guest")).status_code == 200


async def test_nobody_gives_more_than_they_hold(client, make_tenant, define_role, join, give):
    owner = await make_tenant("acme")
    await define_role(owner, "staff", MANAGE, "tenants:manage_roles", "tenants:manage_invitations")
    await define_role(owner, "auditor", "tenants:read_audit")
    await define_role(owner, "guest")
    staff, member = await join("staff"), await join()
    refused = await define_role(staff, "mine", MANAGE, "tenants:read_audit")
    assert (refused.status_code, refused.json()["permissions"]) == (403, ["tenants:read_audit"])
    assert (await define_role(staff, "mine", MANAGE)).status_code == 201

    body = {"permissions": [MANAGE, "tenants:read_audit"]}
    for role in ("mine", "staff"):
        answer = await client.patch(f"{ROLES}/{role}", json=body, headers=staff.headers)
        assert answer.status_code == 403
    for role in ("auditor", "admin", "member", "owner"):
        for person in (member, staff):
            assert (await give(staff, person, role)).status_code == 403, role
        body = {"phone": "+79990009999", "role": role}
        invited = await client.post(f"{TENANT}/invitations", json=body, headers=staff.headers)
        assert invited.status_code == 403, role
    assert (await give(staff, member, "guest")).status_code == 200
    assert (await give(staff, owner, "guest")).status_code == 403


async def test_what_a_module_brings_later_was_not_given_before(
    client, make_tenant, define_role, join, give
):
    owner = await make_tenant("acme", modules=[])
    await define_role(owner, "staff", MANAGE, "tenants:manage_roles")
    await define_role(owner, "writer", "notes:write")
    staff, member = await join("staff"), await join()
    assert (await define_role(staff, "mine", "notes:write")).status_code == 403
    assert (await give(staff, member, "writer")).status_code == 403


async def test_an_owner_gives_what_no_built_in_role_holds(make_tenant, define_role, join):
    owner, admin = await make_tenant("acme"), await join("admin")
    assert (await define_role(admin, "mine", "notes:purge")).status_code == 403
    assert (await define_role(owner, "mine", "notes:purge")).status_code == 201


async def test_a_role_that_somebody_holds_stays(client, make_tenant, define_role, join, database):
    owner = await make_tenant("acme")
    await define_role(owner, "guest")
    guest = await join("guest")
    body = {"phone": "+79990009999", "role": "guest"}
    await client.post(f"{TENANT}/invitations", json=body, headers=owner.headers)
    refused = await client.delete(f"{ROLES}/guest", headers=owner.headers)
    assert refused.status_code == 409
    assert (refused.json()["members"], refused.json()["invitations"]) == (1, 1)
    await client.delete(f"{TENANT}/members/{guest.id}", headers=owner.headers)
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("UPDATE tochka.invitations SET expires_at = now()"))
    assert (await client.delete(f"{ROLES}/guest", headers=owner.headers)).status_code == 204


async def test_a_permission_that_no_module_declares_any_more_has_no_effect(
    client, make_tenant, define_role, database
):
    owner = await make_tenant("acme")
    await define_role(owner, "support", MANAGE)
    async with database.platform_scope(reason="test") as session:
        await session.execute(
            text("UPDATE tochka.roles SET permissions = ARRAY['gone:read', :name]"),
            {"name": MANAGE},
        )
    one = f"{ROLES}/support"
    assert (await client.get(one, headers=owner.headers)).json()["without_effect"] == ["gone:read"]
    for permissions, status in ((["gone:read"], 200), ([], 200), (["gone:read"], 400)):
        body = {"permissions": permissions}
        assert (await client.patch(one, json=body, headers=owner.headers)).status_code == status


async def test_the_roles_of_another_tenant_are_none(client, make_tenant, define_role, join):
    owner = await make_tenant("acme")
    other = await make_tenant("globex")
    await define_role(owner, "guest")
    path = "/api/v1/tenants/globex"
    assert (await client.get(f"{path}/roles/guest", headers=other.headers)).status_code == 404
    assert (await client.get(ROLES, headers=other.headers)).status_code == 404
    member = await join(tenant="globex")
    body = {"role": "guest"}
    given = await client.patch(f"{path}/members/{member.id}", json=body, headers=other.headers)
    assert (given.status_code, pointers(given)) == (400, ["/role"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"permissions": []}, "/name"),
        ({"name": "support"}, "/permissions"),
        ({"name": "owner", "permissions": []}, "/name"),
        ({"name": "Support", "permissions": []}, "/name"),
        ({"name": "s", "permissions": []}, "/name"),
        ({"name": "support", "permissions": [MANAGE, "notes:fly"]}, "/permissions/1"),
        ({"name": "support", "permissions": ["contacts"]}, "/permissions/0"),
        ({"name": "support", "permissions": "notes:read"}, "/permissions"),
        ({"name": "support", "permissions": [], "title": ""}, "/title"),
        ({"name": "support", "permissions": [], "title": " "}, "/title"),
        ({"name": "support", "permissions": [], "tenant_id": "x"}, "/tenant_id"),
    ],
    ids=str,
)
async def test_a_bad_role_is_refused(client, make_tenant, body, pointer):
    owner = await make_tenant("acme")
    refused = await client.post(ROLES, json=body, headers=owner.headers)
    assert (refused.status_code, pointers(refused)) == (400, [pointer])
    assert len((await client.get(ROLES, headers=owner.headers)).json()) == 3


async def test_a_name_is_given_once_and_built_in_roles_stay(client, make_tenant, define_role):
    owner = await make_tenant("acme")
    answers = await asyncio.gather(*(define_role(owner, "guest") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    for role in ("owner", "member"):
        body = {"title": "Mine"}
        changed = await client.patch(f"{ROLES}/{role}", json=body, headers=owner.headers)
        deleted = await client.delete(f"{ROLES}/{role}", headers=owner.headers)
        assert changed.status_code == deleted.status_code == 409


async def test_what_is_done_to_roles_is_written_down(client, make_tenant, define_role):
    owner = await make_tenant("acme")
    await define_role(owner, "guest", MANAGE)
    body = {"permissions": []}
    await client.patch(f"{ROLES}/guest", json=body, headers=owner.headers)
    await client.delete(f"{ROLES}/guest", headers=owner.headers)
    page = (await client.get(f"{TENANT}/audit", headers=owner.headers)).json()
    assert [(item["action"], item["detail"]) for item in page["items"][:3]] == [
        ("role.deleted", {"role": "guest"}),
        ("role.changed", {"role": "guest", "permissions": ""}),
        ("role.created", {"role": "guest", "permissions": MANAGE}),
    ]


async def test_a_tenant_goes_with_its_roles(make_tenant, define_role, join, database):
    owner = await make_tenant("acme")
    await define_role(owner, "guest")
    await join("guest")
    async with database.platform_scope(reason="test") as session:
        await session.execute(text("DELETE FROM tochka.tenants"))
        assert await session.scalar(text("SELECT count(*) FROM tochka.roles")) == 0
