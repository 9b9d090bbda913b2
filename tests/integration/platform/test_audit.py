"""What is done stands in the audit log, in the transaction that does it."""

import pytest
from problems import pointers
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
    assert len({item["tenant"] for item in everywhere["items"]} - {None}) == 2


@pytest.fixture
def find(client, master):
    """Return what a query finds on the whole platform, the newest first, and how much."""

    async def find(**wanted):
        page = await client.get("/api/v1/audit", params=wanted, headers=master.headers)
        assert page.status_code == 200, page.text
        return page.json()["items"], page.json()["total"]

    return find


async def test_an_entry_tells_the_request_that_has_done_it(client, make_tenant, master, find):
    owner = await make_tenant("acme")
    path, body = f"{TENANTS}/acme", {"title": "Acme"}
    named = {**master.headers, "X-Request-Id": "mine-17"}
    assert (await client.patch(path, json=body, headers=named)).status_code == 200
    [entry], _ = await find(action="tenant.retitled")
    assert (entry["address"], entry["request_id"]) == ("127.0.0.1", "mine-17")
    own = (await client.get(f"{path}/audit", headers=owner.headers)).json()["items"][0]
    assert own == {key: entry[key] for key in entry.keys() - {"address", "request_id"}}


async def test_entries_are_found_by_action_people_tenant_and_time(
    client, make_tenant, join, master, find
):
    owner, member = await make_tenant("acme"), await join()
    await make_tenant("globex")
    added, total = await find(action="member.added")
    assert (total, len(added)) == (1, 1)
    assert await find(actor_id=master.id, user_id=member.id) == (added, total)
    tenant, at = added[0]["tenant"], added[0]["at"]
    of_tenant, _ = await find(tenant_id=tenant)
    assert [item["action"] for item in of_tenant] == [
        *("member.added", "module.enabled", "tenant.created")
    ]
    assert await find(since=at, until="9999-12-31T23:59:59Z", tenant_id=tenant) == (*(added, 1),)
    before, _ = await find(until=at, tenant_id=tenant)
    assert before == of_tenant[1:]
    assert await find(actor_id=owner.id, action="member.added") == ([], 0)
    own = f"{TENANTS}/acme/audit"
    page = await client.get(own, params={"user_id": member.id}, headers=owner.headers)
    assert page.json()["total"] == 1


async def test_an_action_that_there_is_not_is_refused_with_those_that_there_are(client, master):
    wanted = {"action": "user.sign_in"}
    answer = await client.get("/api/v1/audit", params=wanted, headers=master.headers)
    assert (answer.status_code, pointers(answer)) == (400, ["/action"])
    assert "'user.sign_in'; known are api_key.made, " in answer.json()["detail"]


async def test_a_day_is_no_moment_and_one_is_shown(client, master):
    wanted = {"since": "2026-11-24"}
    answer = await client.get("/api/v1/audit", params=wanted, headers=master.headers)
    assert answer.status_code == 400
    assert answer.json()["detail"].endswith(", such as 2026-11-24T12:00:00Z.")


@pytest.mark.parametrize(
    "moment", ["2026-11-24T12:00:00", "0001-01-01T00:00:00+14:00", "noon", "7", ""]
)
async def test_a_moment_that_is_none_is_refused(client, master, moment):
    for name in ("since", "until"):
        wanted = {name: moment}
        answer = await client.get("/api/v1/audit", params=wanted, headers=master.headers)
        assert answer.status_code == 400
        assert pointers(answer) == [f"/{name}"]


async def test_who_signs_in_and_who_is_refused_is_written_down(client, register, find):
    person, inactive = await register(), await register()
    [signed_in], _ = await find(action="user.signed_in", actor_id=person.id)
    assert signed_in["address"] == "127.0.0.1"
    [created], _ = await find(action="user.created", user_id=person.id)
    assert created["detail"] == {"user": str(person.id), "phone": "+7******0002", "role": "user"}
    for phone, password in (("+79123456780", "x"), (person.phone, "x"), (inactive.phone, "x")):
        body = {"phone": phone, "password": password}
        assert (await client.post("/api/v1/auth/login", json=body)).status_code == 401
    refused, _ = await find(action="user.sign_in_refused")
    assert [item["detail"] for item in refused] == [
        {"user": str(inactive.id), "phone": "+7******0003"},
        {"user": str(person.id), "phone": "+7******0002"},
        {"phone": "+7******6780"},
    ]
    assert {item["actor"] for item in refused} == {None}


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
