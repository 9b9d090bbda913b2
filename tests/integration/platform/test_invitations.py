"""Invitations: bound to a phone, good for once, and open for a while."""

import asyncio
from uuid import uuid4

import pytest
from problems import pointers
from sqlalchemy import text

TENANTS = "/api/v1/tenants"
SENT = f"{TENANTS}/acme/invitations"
RECEIVED = "/api/v1/users/me/invitations"


class Acme:
    """What people do about invitations to acme."""

    def __init__(self, client):
        self.client = client

    async def invite(self, acting, phone, role="member"):
        body = {"phone": phone, "role": role}
        return await self.client.post(SENT, json=body, headers=acting.headers)

    async def answer(self, person, invitation, word="accept"):
        path = f"{RECEIVED}/{invitation.json()['id']}/{word}"
        return (await self.client.post(path, headers=person.headers)).status_code

    async def received(self, person):
        return (await self.client.get(RECEIVED, headers=person.headers)).json()

    async def role_of(self, person):
        members = await self.client.get(f"{TENANTS}/acme/members", headers=person.headers)
        if members.status_code == 404:
            return None
        return next(i["role"] for i in members.json()["items"] if i["user_id"] == str(person.id))


@pytest.fixture
def acme(client):
    return Acme(client)


@pytest.fixture
def expire(database):
    """Let a week go by for all invitations."""

    async def expire():
        async with database.platform_scope(reason="test") as session:
            await session.execute(
                text("UPDATE tochka.invitations SET expires_at = now() - interval '1 second'")
            )

    return expire


async def test_an_invited_person_registers_and_accepts(client, make_tenant, register, acme):
    owner = await make_tenant("acme", title="Acme Ltd")
    await register()
    invited = await acme.invite(owner, "8 (999) 000-00-04", "admin")  # the next to register
    assert (invited.status_code, invited.json()["phone"]) == (201, "+79990000004")
    person = await register()
    (found,) = await acme.received(person)
    assert found["tenant"] == {"name": "acme", "title": "Acme Ltd"}
    assert await acme.role_of(person) is None
    assert await acme.answer(person, invited) == 200
    assert await acme.role_of(person) == "admin"
    assert await acme.received(person) == []
    assert await acme.answer(person, invited) == 404


async def test_an_invitation_is_for_one_phone(make_tenant, register, acme):
    owner, person, other = await make_tenant("acme"), await register(), await register()
    invited = await acme.invite(owner, person.phone)
    assert await acme.received(other) == []
    for word in ("accept", "decline"):
        assert await acme.answer(other, invited, word) == 404
    assert await acme.answer(person, invited) == 200


async def test_one_that_is_declined_or_revoked_or_expired_is_gone(
    client, make_tenant, register, expire, acme
):
    owner, person = await make_tenant("acme"), await register()
    invited = await acme.invite(owner, person.phone)
    assert await acme.answer(person, invited, "decline") == 204
    assert await acme.answer(person, invited) == 404

    invited = await acme.invite(owner, person.phone)
    path = f"{SENT}/{invited.json()['id']}"
    assert (await client.delete(path, headers=owner.headers)).status_code == 204
    assert (await client.delete(path, headers=owner.headers)).status_code == 404
    assert await acme.answer(person, invited) == 404

    invited = await acme.invite(owner, person.phone)
    await expire()
    assert await acme.received(person) == []
    assert (await client.get(SENT, headers=owner.headers)).json()["total"] == 0
    assert await acme.answer(person, invited) == 404
    assert await acme.role_of(person) is None


async def test_one_that_has_expired_may_be_resent_or_sent_anew(
    client, make_tenant, register, expire, acme
):
    owner, first, second = await make_tenant("acme"), await register(), await register()
    resent, anew = await acme.invite(owner, first.phone), await acme.invite(owner, second.phone)
    await expire()
    path = f"{SENT}/{resent.json()['id']}/resend"
    again = await client.post(path, headers=owner.headers)
    assert again.json()["expires_at"] > resent.json()["expires_at"]
    assert await acme.answer(first, resent) == 200
    fresh = await acme.invite(owner, second.phone)
    assert fresh.status_code == 201
    assert await acme.answer(second, anew) == 404
    assert await acme.answer(second, fresh) == 200


async def test_nobody_is_invited_twice_or_as_a_member(make_tenant, register, acme):
    owner, person = await make_tenant("acme"), await register()
    answers = await asyncio.gather(*(acme.invite(owner, person.phone) for _ in range(6)))
    assert sorted(item.status_code for item in answers) == [201] + [409] * 5
    assert (await acme.invite(owner, owner.phone)).status_code == 409


async def test_an_answer_tells_nothing_of_who_has_registered(make_tenant, register, acme):
    owner, person = await make_tenant("acme"), await register()
    known, unknown = (
        await acme.invite(owner, person.phone),
        await acme.invite(owner, "+79990009999"),
    )
    assert known.status_code == unknown.status_code == 201
    assert known.json().keys() == unknown.json().keys()


async def test_only_owners_invite_owners(client, make_tenant, register, acme):
    owner, admin, person = await make_tenant("acme"), await register(), await register()
    await acme.answer(admin, await acme.invite(owner, admin.phone, "admin"))
    assert (await acme.invite(admin, person.phone, "owner")).status_code == 403
    owners = await acme.invite(owner, person.phone, "owner")
    path = f"{SENT}/{owners.json()['id']}"
    assert (await client.delete(path, headers=admin.headers)).status_code == 403
    assert (await client.post(f"{path}/resend", headers=admin.headers)).status_code == 403
    assert await acme.answer(person, owners) == 200
    assert await acme.role_of(person) == "owner"


async def test_members_and_strangers_neither_see_nor_send(client, make_tenant, register, acme):
    owner, member, stranger = await make_tenant("acme"), await register(), await register()
    await acme.answer(member, await acme.invite(owner, member.phone))
    for person, status in ((member, 403), (stranger, 404)):
        assert (await acme.invite(person, "+79990009999")).status_code == status
        assert (await client.get(SENT, headers=person.headers)).status_code == status


async def test_another_tenants_invitation_is_none(client, make_tenant, register, acme):
    owner, other = await make_tenant("acme"), await make_tenant("globex")
    invited = (await acme.invite(owner, (await register()).phone)).json()
    path = f"{TENANTS}/globex/invitations/{invited['id']}"
    assert (await client.delete(path, headers=other.headers)).status_code == 404
    assert (await client.post(f"{path}/resend", headers=other.headers)).status_code == 404
    none = f"{SENT}/{uuid4()}"
    assert (await client.delete(none, headers=owner.headers)).status_code == 404


async def test_invitations_with_one_id_are_two(client, make_tenant, register, acme, database):
    """An import may bring in an invitation with the id of another tenant's."""
    owner, thief, person = await make_tenant("acme"), await make_tenant("globex"), await register()
    invited = await acme.invite(owner, person.phone)
    async with database.platform_scope(reason="test") as session:
        await session.execute(
            text(
                "INSERT INTO tochka.invitations (tenant_id, id, phone, role, expires_at)"
                " SELECT t.id, i.id, i.phone, 'owner', i.expires_at"
                " FROM tochka.invitations i, tochka.tenants t WHERE t.name = 'globex'"
            )
        )
    forged = f"{TENANTS}/globex/invitations/{invited.json()['id']}"
    resent = await client.post(f"{forged}/resend", headers=thief.headers)
    assert resent.status_code == 200
    assert len(await acme.received(person)) == 2
    assert [await acme.answer(person, invited) for _ in range(3)] == [200, 200, 404]
    assert await acme.role_of(person) == "member"
    found = await client.get(f"{TENANTS}/globex/members", headers=person.headers)
    assert sorted(item["role"] for item in found.json()["items"]) == ["owner", "owner"]


async def test_to_revoke_an_invitation_takes_no_other_tenants(
    client, make_tenant, register, acme, database
):
    owner, thief, person = await make_tenant("acme"), await make_tenant("globex"), await register()
    invited = await acme.invite(owner, person.phone)
    async with database.platform_scope(reason="test") as session:
        await session.execute(
            text(
                "INSERT INTO tochka.invitations (tenant_id, id, phone, role, expires_at)"
                " SELECT t.id, i.id, '+79995550000', i.role, i.expires_at"
                " FROM tochka.invitations i, tochka.tenants t WHERE t.name = 'globex'"
            )
        )
    forged = f"{TENANTS}/globex/invitations/{invited.json()['id']}"
    assert (await client.delete(forged, headers=thief.headers)).status_code == 204
    assert await acme.answer(person, invited) == 200


async def test_a_suspended_tenant_takes_nobody_in(client, make_tenant, master, register, acme):
    owner, person = await make_tenant("acme"), await register()
    invited = await acme.invite(owner, person.phone)
    for reason, status in (("unpaid", 403), (None, 200)):
        body = {"suspension_reason": reason}
        await client.patch(f"{TENANTS}/acme", json=body, headers=master.headers)
        assert await acme.answer(person, invited) == status


async def test_an_invitation_is_good_for_once_also_in_a_race(client, make_tenant, register, acme):
    owner, person = await make_tenant("acme"), await register()
    invited = await acme.invite(owner, person.phone)
    path = f"{SENT}/{invited.json()['id']}"
    revoked, *answers = await asyncio.gather(
        client.delete(path, headers=owner.headers),
        *(acme.answer(person, invited) for _ in range(4)),
    )
    taken = [revoked.status_code, *answers]
    assert sorted(taken) in ([200] + [404] * 4, [204] + [404] * 4)
    assert (await acme.role_of(person) is None) == (revoked.status_code == 204)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/phone"),
        ({"phone": "12"}, "/phone"),
        ({"phone": "+79990009999", "role": "x"}, "/role"),
    ],
)
async def test_a_bad_invitation_is_refused(client, make_tenant, body, pointer):
    owner = await make_tenant("acme")
    refused = await client.post(SENT, json=body, headers=owner.headers)
    assert (refused.status_code, pointers(refused)) == (400, [pointer])
