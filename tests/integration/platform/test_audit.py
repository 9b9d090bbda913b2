"""What is done stands in the audit log, in the transaction that does it."""

import pytest
from structlog.testing import capture_logs

TENANTS = "/api/v1/tenants"
NOTES = "/api/v1/notes"


@pytest.fixture
def log(client):
    """Return what acme's audit log says, the oldest first."""

    async def log(person):
        page = (await client.get(f"{TENANTS}/acme/audit", headers=person.headers)).json()
        return [(item["action"], item["actor"], item["detail"]) for item in page["items"]][::-1]

    return log


def entering(master, reason):
    return {**master.at("acme"), "X-Tenant-Reason": reason}


async def test_what_is_done_in_a_tenant_is_written_down(client, make_tenant, master, register, log):
    owner, person = await make_tenant("acme", modules=["notes"]), await register()
    at, mine = f"{TENANTS}/acme", owner.headers
    invited = await client.post(f"{at}/invitations", json={"phone": person.phone}, headers=mine)
    accept = f"/api/v1/users/me/invitations/{invited.json()['id']}/accept"
    await client.post(accept, headers=person.headers)
    await client.patch(f"{at}/members/{person.id}", json={"role": "admin"}, headers=mine)
    await client.delete(f"{at}/members/{person.id}", headers=person.headers)
    await client.put(f"{at}/modules/notes", json={"enabled": True}, headers=mine)  # it is already
    await client.patch(at, json={"suspension_reason": "unpaid"}, headers=master.headers)
    written = await log(master)
    me, they, platform = str(owner.id), str(person.id), str(master.id)
    assert written == [
        ("tenant.created", platform, {"name": "acme", "owner": me}),
        ("module.enabled", me, {"module": "notes"}),
        ("invitation.sent", me, {"phone": "+7******0003", "role": "member"}),
        ("invitation.accepted", they, {"role": "member"}),
        ("member.role_changed", me, {"user": they, "before": "member", "role": "admin"}),
        ("member.left", they, {"user": they}),
        ("tenant.suspended", platform, {"reason": "unpaid"}),
    ]


async def test_what_fails_is_not_written_down(client, make_tenant, log):
    owner = await make_tenant("acme", modules=[])
    path = f"{TENANTS}/acme/members/{owner.id}"
    assert (await client.delete(path, headers=owner.headers)).status_code == 409
    assert [action for action, _, _ in await log(owner)] == ["tenant.created"]


async def test_what_is_taken_back_is_not_logged_either(client, make_tenant, master):
    with capture_logs() as logs:
        body = {"name": "acme", "domain": "localhost"}
        refused = await client.post(TENANTS, json=body, headers=master.headers)
        assert refused.status_code == 400
        assert "tenant.created" not in [line["event"] for line in logs]
        await make_tenant("acme", modules=[])
        told = [line for line in logs if line["event"] == "tenant.created"]
    assert [(line["name"], line["actor"]) for line in told] == [("acme", str(master.id))]


async def test_the_log_is_for_those_who_answer_for_it(client, make_tenant, master, register):
    await make_tenant("acme")
    other, member = await make_tenant("globex"), await register()
    path = f"{TENANTS}/acme"
    await client.post(f"{path}/members", json={"phone": member.phone}, headers=master.headers)
    for person, status in ((member, 403), (other, 404), (master, 200)):
        assert (await client.get(f"{path}/audit", headers=person.headers)).status_code == status
    assert (await client.get("/api/v1/audit", headers=other.headers)).status_code == 403
    everywhere = (await client.get("/api/v1/audit", headers=master.headers)).json()
    assert len({item["tenant"] for item in everywhere["items"]}) == 2


async def test_the_platform_enters_a_tenant_with_a_reason_that_is_written_down(
    client, make_tenant, master, log
):
    owner = await make_tenant("acme")
    refused = await client.get(NOTES, headers=master.at("acme"))
    assert refused.status_code == 403
    assert "X-Tenant-Reason" in refused.json()["detail"]
    entered = await client.get(NOTES, headers=entering(master, "обращение 17, Анна".encode()))
    assert entered.status_code == 200
    action, actor, detail = (await log(owner))[-1]
    assert (action, actor) == ("tenant.entered", str(master.id))
    assert detail == {"reason": "обращение 17, Анна", "request": f"GET {NOTES}"}


@pytest.mark.parametrize(("reason", "status"), {"": 403, " ": 403, "a" * 501: 400}.items())
async def test_a_bad_reason_opens_nothing(client, make_tenant, master, reason, status):
    owner = await make_tenant("acme", modules=[])
    answer = await client.get(NOTES, headers=entering(master, reason))
    assert answer.status_code == status
    written = await client.get(f"{TENANTS}/acme/audit", headers=owner.headers)
    assert written.json()["total"] == 1


async def test_nobody_else_enters_with_a_reason(client, make_tenant, register, log):
    owner, stranger = await make_tenant("acme"), await register()
    before = await log(owner)
    answer = await client.get(NOTES, headers=entering(stranger, "curious"))
    assert answer.status_code == 404
    assert await log(owner) == before


async def test_the_platform_enters_a_suspended_tenant_but_no_module_it_lacks(
    client, make_tenant, master
):
    await make_tenant("acme", modules=[])
    assert (await client.get(NOTES, headers=entering(master, "support"))).status_code == 404
    path = f"{TENANTS}/acme"
    await client.put(f"{path}/modules/notes", json={"enabled": True}, headers=master.headers)
    await client.patch(path, json={"suspension_reason": "unpaid"}, headers=master.headers)
    assert (await client.get(NOTES, headers=entering(master, "support"))).status_code == 200
