"""What a worker knows it does not ask again."""

from functools import partial

from executed import executed_or_begun
from tochka_core.access.key_facts import KEY
from tochka_plugins import Unavailable
from waiting import eventually

NOTES = "/api/v1/notes"
OPEN = f"{NOTES}/open"


async def test_in_steady_state_a_decision_costs_no_query(client, make_tenant):
    owner = await make_tenant("acme", domain="shop.example.com")
    requests = {
        OPEN: {"X-Tenant": "acme", "Host": "shop.example.com"},
        f"{NOTES}/nothing": owner.at("acme"),
        f"{NOTES}/nothing?": {**owner.headers, "Host": "shop.example.com"},
    }
    for path, headers in requests.items():
        with executed_or_begun() as first:
            assert (await client.get(path, headers=headers)).status_code == 200
        with executed_or_begun() as later:
            for _ in range(10):
                assert (await client.get(path, headers=headers)).status_code == 200
        print(f"{path}: first {len(first)} statements, then {len(later)} in 10 requests")
        assert later == []


async def test_so_it_is_for_settings_and_a_change_is_in_force_in_every_worker(
    client, other, make_tenant, change
):
    owner = await make_tenant("acme")
    got, path = f"{NOTES}/settings", "/api/v1/tenants/acme/modules/notes/settings"

    async def taken():
        answers = [await worker.get(got, headers=owner.at("acme")) for worker in (client, other)]
        return {(answer.json()["page_size"], answer.json()["token"]) for answer in answers}

    async def are_taken(size, token):
        return await taken() == {(size, token[::-1])}

    await eventually(partial(are_taken, 50, ""))
    wanted = {"pageSize": 20, "token": "s3cr3t"}
    assert (await client.patch(path, json=wanted, headers=owner.headers)).status_code == 200
    own = (await client.get(got, headers=owner.at("acme"))).json()
    assert own["page_size"] == 20
    await eventually(partial(are_taken, 20, "s3cr3t"))
    with executed_or_begun() as later:
        for _ in range(10):
            assert await taken() == {(20, "t3rc3s")}
    assert later == []
    await change("DELETE FROM tochka.module_secrets")
    await eventually(partial(are_taken, 20, ""))
    await change("DELETE FROM tochka.module_settings")
    await eventually(partial(are_taken, 50, ""))


async def test_so_it_is_for_api_keys(client, make_tenant, make_key):
    key = await make_key(await make_tenant("acme", domain="shop.example.com"))
    path, host = f"{NOTES}/guarded", {"Host": "shop.example.com"}
    for headers in (key, {**key, "X-Tenant": "acme"}, {**key, **host}):
        assert (await client.get(path, headers=headers)).status_code == 200

    async def is_silent():
        with executed_or_begun() as later:
            for headers in (key, {**key, **host}) * 10:
                assert (await client.get(path, headers=headers)).status_code == 200
        return later == []

    await eventually(is_silent)  # when it was used is still being noted
    with executed_or_begun() as wrong:
        tried = {"Authorization": key["Authorization"][:-4] + "AAAA"}
        assert (await client.get(path, headers=tried)).status_code == 401
    assert wrong == []


async def test_keys_that_nobody_has_push_nothing_out(client, make_tenant, make_key, monkeypatch):
    monkeypatch.setattr("tochka_core.access.cache.MAX_SUBJECTS", 5)
    key, path = await make_key(await make_tenant("acme")), f"{NOTES}/guarded"
    await client.get(path, headers=key)
    for number in range(10):
        unknown = {"Authorization": f"Bearer tk_{number:016}_{'A' * 44}"}
        assert (await client.get(path, headers=unknown)).status_code == 401
    with executed_or_begun() as later:
        assert (await client.get(path, headers=key)).status_code == 200
    assert not any("api_keys" in statement for statement in later)


async def test_nor_do_keys_that_cannot_be_looked_for(client, make_tenant, make_key, monkeypatch):
    monkeypatch.setattr("tochka_core.access.cache.MAX_SUBJECTS", 5)
    key, path = await make_key(await make_tenant("acme")), f"{NOTES}/guarded"
    await client.get(path, headers=key)

    async def fail(_session, _prefix):
        raise Unavailable("The database is away.", retry_after_seconds=1)

    with monkeypatch.context() as away:
        away.setattr(KEY, "read", fail)
        for number in range(10):
            unknown = {"Authorization": f"Bearer tk_{number:016}_{'A' * 44}"}
            assert (await client.get(path, headers=unknown)).status_code == 503
    with executed_or_begun() as later:
        assert (await client.get(path, headers=key)).status_code == 200
    assert not any("api_keys" in statement for statement in later)


async def test_a_stranger_makes_as_many_queries_for_a_tenant_as_for_none(
    client, make_tenant, register
):
    """Also where the tenant is known here already, because its members are at work."""
    owner = await make_tenant("acme", modules=[], domain="shop.example.com")
    stranger = await register()
    for person, tenant in ((owner, "acme"), (stranger, "elsewhere")):
        await client.get(f"{NOTES}/nothing", headers=person.at(tenant))
    names = {"acme": "shop.example.com", "nowhere": "nowhere.example.com"}
    for path, headers in ((f"{NOTES}/nothing", stranger.headers), (OPEN, {})):
        seen = {}
        for name, host in names.items():
            choices = [{"X-Tenant": name, "Host": "localhost"}, {"Host": host}]
            with executed_or_begun() as seen[name]:
                for choice in choices * 2:
                    answer = await client.get(path, headers={**headers, **choice})
                    assert not answer.is_success
        print(f"{path}: {len(seen['acme'])} statements in 4 requests, for either")
        assert seen["acme"] == seen["nowhere"]
        assert seen["acme"] != []


async def test_who_one_is_costs_no_query_and_a_change_of_it_is_shown_by_all_workers(
    client, other, register, execute
):
    anna = await register()
    path, headers = "/api/v1/users/me", anna.headers

    async def phones():
        shown = [await worker.get(path, headers=headers) for worker in (client, other)]
        return {answer.json()["phone"] for answer in shown}

    assert await phones() == {anna.phone}
    with executed_or_begun() as seen:
        await phones()
    assert seen == []
    await execute("UPDATE tochka.users SET phone = '+79995550011'")

    async def is_shown():
        return await phones() == {"+79995550011"}

    await eventually(is_shown)
