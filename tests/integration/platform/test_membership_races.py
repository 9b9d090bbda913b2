"""Two who change the same tenant's people at once: the second finds what the first has left."""

import asyncio

import pytest
from sqlalchemy import text

TENANT = "/api/v1/tenants/acme"
RECEIVED = "/api/v1/users/me/invitations"
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Acting:
    """What a person does in acme, not begun yet."""

    def __init__(self, client, person):
        self.client = client
        self.headers = person.headers

    def invite(self, person, role="member"):
        body = {"phone": person.phone, "role": role}
        return self.client.post(f"{TENANT}/invitations", json=body, headers=self.headers)

    def revoke(self, invitation):
        path = f"{TENANT}/invitations/{invitation.json()['id']}"
        return self.client.delete(path, headers=self.headers)

    def answer(self, invitation, word):
        path = f"{RECEIVED}/{invitation.json()['id']}/{word}"
        return self.client.post(path, headers=self.headers)

    def remove(self, person):
        return self.client.delete(f"{TENANT}/members/{person.id}", headers=self.headers)

    def give(self, person, role):
        path = f"{TENANT}/members/{person.id}"
        return self.client.patch(path, json={"role": role}, headers=self.headers)

    def hand_over(self, person):
        body = {"user_id": str(person.id)}
        return self.client.post(f"{TENANT}/ownership", json=body, headers=self.headers)

    def change_role(self, role, *permissions):
        body = {"permissions": permissions}
        return self.client.patch(f"{TENANT}/roles/{role}", json=body, headers=self.headers)

    def delete_role(self, role):
        return self.client.delete(f"{TENANT}/roles/{role}", headers=self.headers)


class Acme:
    """A tenant whose people act at once."""

    def __init__(self, client, engine, master):
        self.client = client
        self.engine = engine
        self.master = master

    def as_(self, person):
        return Acting(self.client, person)

    async def race(self, *requests):
        """Let requests come up to the tenant's row one behind another, then let go of it.

        Each has looked at the tenant before it waits: what it saw then may no longer be so. Returns
        their statuses.
        """
        async with self.engine.connect() as holder, asyncio.timeout(60):
            await holder.execute(text("SELECT FROM tochka.tenants WHERE name = 'acme' FOR UPDATE"))
            running = []
            for number, request in enumerate(requests, start=1):
                running.append(asyncio.create_task(request))
                await self.wait_for(number)
            await holder.rollback()
            return [answer.status_code for answer in await asyncio.gather(*running)]

    async def wait_for(self, number):
        async with self.engine.connect() as connection:
            while await connection.scalar(WAITING) < number:
                await connection.rollback()

    async def roles(self, *people):
        """Return what people are in the tenant, `None` for who is no member."""
        answer = await self.client.get(f"{TENANT}/members", headers=self.master.headers)
        found = {item["user_id"]: item["role"] for item in answer.json()["items"]}
        return [found.get(str(person.id)) for person in people]


@pytest.fixture
def acme(client, engine, master):
    return Acme(client, engine, master)


async def test_an_invitation_is_accepted_once(make_tenant, register, acme):
    owner, person = await make_tenant("acme"), await register()
    invited = await acme.as_(owner).invite(person)
    accept = acme.as_(person).answer
    statuses = await acme.race(*(accept(invited, "accept") for _ in range(3)))
    assert sorted(statuses) == [200, 404, 404]
    assert await acme.roles(person) == ["member"]


@pytest.mark.parametrize("first", ["accept", "revoke"])
async def test_an_invitation_is_accepted_or_revoked(make_tenant, register, acme, first):
    owner, person = await make_tenant("acme"), await register()
    invited = await acme.as_(owner).invite(person)
    accepting, revoking = (
        acme.as_(person).answer(invited, "accept"),
        acme.as_(owner).revoke(invited),
    )
    if first == "accept":
        assert await acme.race(accepting, revoking) == [200, 404]
        assert await acme.roles(person) == ["member"]
    else:
        assert await acme.race(revoking, accepting) == [204, 404]
        assert await acme.roles(person) == [None]


@pytest.mark.parametrize("first", ["accept", "decline"])
async def test_an_invitation_is_accepted_or_declined(make_tenant, register, acme, first):
    owner, person = await make_tenant("acme"), await register()
    invited = await acme.as_(owner).invite(person)
    second = "decline" if first == "accept" else "accept"
    statuses = await acme.race(
        *(acme.as_(person).answer(invited, word) for word in (first, second))
    )
    assert sorted(statuses) in ([200, 404], [204, 404])
    assert (await acme.roles(person) == ["member"]) == (200 in statuses)


async def test_of_two_owners_who_leave_one_stays(make_tenant, join, acme):
    first, second = await make_tenant("acme"), await join("owner")
    assert await acme.race(acme.as_(first).remove(first), acme.as_(second).remove(second)) == [
        204,
        409,
    ]
    assert await acme.roles(first, second) == [None, "owner"]


@pytest.mark.parametrize("first", ["hand over", "leave"])
async def test_an_heir_who_leaves_leaves_an_owner(make_tenant, join, acme, first):
    owner, heir = await make_tenant("acme"), await join()
    handing_over, leaving = acme.as_(owner).hand_over(heir), acme.as_(heir).remove(heir)
    if first == "hand over":
        assert await acme.race(handing_over, leaving) == [200, 409]
        assert await acme.roles(owner, heir) == ["admin", "owner"]
    else:
        assert await acme.race(leaving, handing_over) == [204, 404]
        assert await acme.roles(owner, heir) == ["owner", None]


@pytest.mark.parametrize("first", ["hand over", "remove"])
async def test_who_is_removed_hands_nothing_over(make_tenant, join, acme, first):
    owner, other, heir = await make_tenant("acme"), await join("owner"), await join()
    handing_over, removing = acme.as_(owner).hand_over(heir), acme.as_(other).remove(owner)
    if first == "hand over":
        assert await acme.race(handing_over, removing) == [200, 204]
        assert await acme.roles(owner, other, heir) == [None, "owner", "owner"]
    else:
        assert await acme.race(removing, handing_over) == [204, 404]
        assert await acme.roles(owner, other, heir) == [None, "owner", "member"]


@pytest.mark.parametrize("first", ["give", "remove"])
async def test_who_is_removed_gets_no_role(make_tenant, join, acme, first):
    owner, admin, member = await make_tenant("acme"), await join("admin"), await join()
    giving, removing = acme.as_(admin).give(member, "admin"), acme.as_(owner).remove(member)
    if first == "give":
        assert await acme.race(giving, removing) == [200, 204]
    else:
        assert await acme.race(removing, giving) == [204, 404]
    assert await acme.roles(member) == [None]


async def test_who_is_demoted_acts_no_more(make_tenant, join, acme):
    owner, admin, member = await make_tenant("acme"), await join("admin"), await join()
    statuses = await acme.race(
        acme.as_(owner).give(admin, "member"), acme.as_(admin).remove(member)
    )
    assert statuses == [200, 403]
    assert await acme.roles(admin, member) == ["member", "member"]


@pytest.mark.parametrize("first", ["give", "delete"])
async def test_a_role_is_given_or_deleted(make_tenant, join, define_role, acme, first):
    owner, member = await make_tenant("acme"), await join()
    await define_role(owner, "guest")
    giving, deleting = acme.as_(owner).give(member, "guest"), acme.as_(owner).delete_role("guest")
    if first == "give":
        assert await acme.race(giving, deleting) == [200, 409]
        assert await acme.roles(member) == ["guest"]
    else:
        assert await acme.race(deleting, giving) == [204, 400]
        assert await acme.roles(member) == ["member"]


@pytest.mark.parametrize("first", ["accept", "delete"])
async def test_a_role_that_somebody_is_invited_to_stays(
    make_tenant, register, define_role, acme, first
):
    owner, person = await make_tenant("acme"), await register()
    await define_role(owner, "guest")
    invited = await acme.as_(owner).invite(person, "guest")
    accepting, deleting = acme.as_(person).answer(invited, "accept"), acme.as_(owner).delete_role
    if first == "accept":
        assert await acme.race(accepting, deleting("guest")) == [200, 409]
    else:
        assert await acme.race(deleting("guest"), accepting) == [409, 200]
    assert await acme.roles(person) == ["guest"]


async def test_who_loses_a_permission_acts_no_more(make_tenant, join, define_role, acme):
    owner, member = await make_tenant("acme"), await join()
    await define_role(owner, "staff", "tenants:manage_members")
    staff = await join("staff")
    statuses = await acme.race(acme.as_(owner).change_role("staff"), acme.as_(staff).remove(member))
    assert statuses == [200, 403]
    assert await acme.roles(member) == ["member"]


async def test_a_tenant_that_is_purged_meanwhile_is_none(client, make_tenant, acme, engine):
    owner, person = await make_tenant("acme"), acme.master
    invited = await acme.as_(owner).invite(person)
    changes = [acme.as_(owner).remove(person), acme.as_(person).answer(invited, "accept")]
    changes.append(client.patch(TENANT, json={"title": "A"}, headers=person.headers))
    async with engine.connect() as purger, asyncio.timeout(60):
        await purger.execute(text("SET LOCAL tochka.owner_sees_all = 'on'"))
        await purger.execute(text("DELETE FROM tochka.tenants WHERE name = 'acme'"))
        running = [asyncio.create_task(change) for change in changes]
        await acme.wait_for(len(running))
        await purger.commit()
        assert [answer.status_code for answer in await asyncio.gather(*running)] == [404] * 3
